-- Where every trial starts. Area 58 has no room at any pickup point and area 77 has none at all, on purpose.
-- In area 21 everything is closed on Wednesdays, in area 34 on Tuesdays, and on Sundays everywhere.

INSERT INTO pickup_points (code, name, street, area, open_until, closed, free) VALUES
    ('P1', 'Kiosk Amara', '14 Harbour Street', '21', '21:00', '03', 6),
    ('P2', 'Corner Books', '3 Mill Lane', '21', '18:30', '013', 4),
    ('P3', 'Locker Wall Station', '1 Station Square', '21', '23:00', '', 0),   -- full
    ('P4', 'Petrol Stop North', '88 Ring Road', '34', '22:00', '02', 9),
    ('P5', 'Bakery Oliva', '27 Church Street', '34', '17:00', '012', 3),
    ('P6', 'Florist Wren', '5 Garden Row', '34', '18:00', '02', 2),
    ('P7', 'Tram Depot Shop', '60 Canal Street', '58', '20:00', '0', 0);        -- full

-- On their way, and free to be changed.
INSERT INTO parcels (parcel_number, recipient, postcode, size, signature, state, planned_day, place) VALUES
    ('LP204501', 'Yara Haddad', '21044', 'S', 0, 'moving', '2026-06-11', 'Northgate depot'),
    ('LP204502', 'Piotr Wisniewski', '34107', 'M', 0, 'moving', '2026-06-16', 'Southfield depot'),
    ('LP204503', 'Grace Owusu', '21063', 'M', 0, 'moving', '2026-06-24', 'Northgate depot'),
    ('LP204504', 'Lars Holm', '34125', 'L', 0, 'moving', '2026-07-02', 'Eastmere depot'),
    ('LP204505', 'Carmen Vidal', '21044', 'S', 0, 'moving', '2026-07-09', 'Northgate depot'),
    ('LP204506', 'Ravi Menon', '34107', 'S', 0, 'moving', '2026-07-21', 'Southfield depot'),
    ('LP204507', 'Aoife Brennan', '21081', 'M', 0, 'moving', '2026-08-04', 'Northgate depot'),
    ('LP204508', 'Dmitri Sokolov', '34118', 'L', 0, 'moving', '2026-08-13', 'Eastmere depot'),
    ('LP204509', 'Noura Saleh', '21063', 'S', 0, 'moving', '2026-08-27', 'Northgate depot'),
    ('LP204510', 'Mateus Rocha', '34125', 'M', 0, 'moving', '2026-09-10', 'Southfield depot'),
    ('LP204511', 'Linh Pham', '21081', 'S', 0, 'moving', '2026-09-22', 'Northgate depot'),
    ('LP204512', 'Greta Vogel', '34118', 'M', 0, 'moving', '2026-10-07', 'Eastmere depot'),
    ('LP204513', 'Samuel Adeyemi', '21044', 'L', 0, 'moving', '2026-10-20', 'Northgate depot'),
    ('LP204514', 'Elif Kaya', '34107', 'S', 0, 'moving', '2026-11-05', 'Southfield depot'),
    ('LP204515', 'Henk de Boer', '21063', 'M', 0, 'moving', '2026-11-19', 'Northgate depot'),
    ('LP204516', 'Sofia Papadaki', '34125', 'S', 0, 'moving', '2026-12-10', 'Southfield depot');

-- Failure by design: signature, too large, no free pickup point, already changed.
INSERT INTO parcels (parcel_number, recipient, postcode, size, signature, state, planned_day, place, changed) VALUES
    ('LP204517', 'Malik Johnson', '21081', 'S', 1, 'moving', '2026-07-15', 'Northgate depot', 0),
    ('LP204518', 'Ines Carvalho', '34118', 'M', 1, 'moving', '2026-09-24', 'Southfield depot', 0),
    ('LP204519', 'Bruno Keller', '21044', 'XL', 0, 'moving', '2026-08-19', 'Northgate depot', 0),
    ('LP204520', 'Thandi Dube', '34107', 'XL', 0, 'moving', '2026-10-14', 'Eastmere depot', 0),
    ('LP204521', 'Oskar Nyberg', '58210', 'M', 0, 'moving', '2026-07-29', 'Eastmere depot', 0),
    ('LP204522', 'Fatou Camara', '77003', 'S', 0, 'moving', '2026-09-02', 'Ferry terminal', 0),
    ('LP204523', 'Jin Park', '21063', 'M', 0, 'moving', '2026-08-25', 'Northgate depot', 1),
    ('LP204524', 'Clara Jensen', '34125', 'S', 0, 'moving', '2026-10-28', 'Southfield depot', 1);

-- Held by customs, or on the way back.
INSERT INTO parcels (parcel_number, recipient, postcode, size, signature, state, customs_fee, planned_day, place) VALUES
    ('LP204525', 'Arjun Bhatt', '21044', 'S', 0, 'customs', 23, '2026-06-18', 'Airport customs hall'),
    ('LP204526', 'Monika Horvat', '34118', 'M', 0, 'customs', 47, '2026-08-06', 'Airport customs hall'),
    ('LP204527', 'Peter Ncube', '21081', 'S', 0, 'customs', 12, '2026-10-01', 'Airport customs hall'),
    ('LP204528', 'Zoe Martin', '34107', 'M', 0, 'returned', NULL, '2026-06-09', 'Southfield depot');

-- Delivered: damage can be claimed for 14 days.
INSERT INTO parcels (parcel_number, recipient, postcode, size, signature, state, planned_day, delivered_day, place) VALUES
    ('LP204529', 'Karim Benali', '21063', 'M', 0, 'moving', '2026-05-29', '2026-05-29', 'handed over at the door'),
    ('LP204530', 'Alma Lund', '34125', 'S', 0, 'moving', '2026-06-05', '2026-06-05', 'left in the garage'),
    ('LP204531', 'Victor Popa', '21044', 'M', 0, 'moving', '2026-06-19', '2026-06-19', 'handed over at the door'),
    ('LP204532', 'Nia Thomas', '34107', 'L', 0, 'moving', '2026-07-03', '2026-07-03', 'left with a neighbour'),
    ('LP204533', 'Rosa Delgado', '21081', 'M', 0, 'moving', '2026-07-17', '2026-07-17', 'handed over at the door'),
    ('LP204534', 'Ibrahim Toure', '34118', 'S', 0, 'moving', '2026-07-31', '2026-07-31', 'left on the porch'),
    ('LP204535', 'Hilde Strand', '21063', 'M', 1, 'moving', '2026-08-14', '2026-08-14', 'handed over at the door'),
    ('LP204536', 'Wei Zhang', '34125', 'S', 0, 'moving', '2026-08-28', '2026-08-28', 'left in the shed'),
    ('LP204537', 'Tomasz Duda', '21044', 'L', 0, 'moving', '2026-09-11', '2026-09-11', 'handed over at the door'),
    ('LP204538', 'Leila Rahimi', '34107', 'M', 0, 'moving', '2026-09-25', '2026-09-25', 'left with a neighbour'),
    ('LP204539', 'Owen Pryce', '21081', 'S', 0, 'moving', '2026-10-09', '2026-10-09', 'handed over at the door');

-- Late on every day from June on: these can be claimed as missing, the last has been.
INSERT INTO parcels (parcel_number, recipient, postcode, size, signature, state, planned_day, place) VALUES
    ('LP204540', 'Amara Nwosu', '21044', 'S', 0, 'moving', '2026-04-20', 'Northgate depot'),
    ('LP204541', 'Joao Pinto', '34118', 'M', 0, 'moving', '2026-04-22', 'Eastmere depot'),
    ('LP204542', 'Helga Brandt', '21063', 'M', 0, 'moving', '2026-04-24', 'Northgate depot'),
    ('LP204543', 'Kwame Asante', '34125', 'L', 0, 'moving', '2026-04-27', 'Southfield depot'),
    ('LP204544', 'Silvia Conti', '21081', 'S', 0, 'moving', '2026-04-21', 'Northgate depot');

INSERT INTO claims (claim_number, parcel_number, problem, items, cents, phone, email, opened) VALUES
    ('C-301', 'LP204529', 'damaged', 'a soup bowl', 3500, '+353855550147', NULL, '2026-06-01'),
    ('C-302', 'LP204544', 'missing', 'a rain jacket', 9000, NULL, 'silvia.conti@postbox.example', '2026-04-29');
