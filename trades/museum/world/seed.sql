-- Where every trial starts. Some days are full, closed or without a guide on purpose: an agent must be able to say no.

INSERT INTO themes (theme, minutes, group_price, story) VALUES
    ('shipwrecks', 75, 120, 'The bell of the Sparrow rang once more when the divers lifted it.'),
    ('salt makers', 60, 95, 'A bucket of salt once bought a week of bread here.'),
    ('lighthouses', 60, 95, 'The last keeper taught her parrot to call out the tides.'),
    ('family treasure hunt', 45, 80, 'A wooden cat has hidden in the hold since the ship was built.');

INSERT INTO guides (guide, language) VALUES
    ('Ines', 'English'), ('Ines', 'Spanish'), ('Greta', 'English'), ('Greta', 'German'),
    ('Bao', 'French'), ('Bao', 'English'), ('Oona', 'sign language');

INSERT INTO starts (kind, time) VALUES
    ('group', '10:30'), ('group', '14:00'), ('group', '16:00'), ('school', '09:15'), ('school', '11:45');

INSERT INTO closed_days (day, why) VALUES
    ('2026-06-24', 'midsummer'), ('2026-09-22', 'the hanging of a new exhibition'), ('2026-09-23', 'the hanging of a new exhibition');

INSERT INTO leave (guide, from_day, to_day) VALUES
    ('Oona', '2026-07-20', '2026-08-09'), ('Greta', '2026-08-10', '2026-08-23'), ('Bao', '2026-10-12', '2026-10-18');

INSERT INTO bookings (booking, kind, theme, language, day, time, guide, people, contact_name, contact_phone, school, price, status) VALUES
    ('G-1001', 'group', 'shipwrecks', 'German', '2026-06-13', '10:30', 'Greta', 14, 'Hanna Vogel', NULL, NULL, 120, 'booked'),
    ('G-1002', 'group', 'lighthouses', 'German', '2026-06-13', '14:00', 'Greta', 22, 'Karim Aziz', NULL, NULL, 95, 'booked'),
    ('G-1003', 'group', 'salt makers', 'German', '2026-06-13', '16:00', 'Greta', 9, 'Lene Dahl', NULL, NULL, 95, 'booked'),
    ('G-1004', 'group', 'salt makers', 'French', '2026-06-27', '10:30', 'Bao', 25, 'Camille Roux', NULL, NULL, 95, 'booked'),
    ('G-1005', 'group', 'family treasure hunt', 'English', '2026-07-05', '14:00', 'Ines', 12, 'Tariq Bello', NULL, NULL, 80, 'booked'),
    ('G-1006', 'group', 'shipwrecks', 'Spanish', '2026-07-11', '16:00', 'Ines', 17, 'Lucia Prado', NULL, NULL, 120, 'cancelled'),
    ('G-1007', 'group', 'lighthouses', 'sign language', '2026-07-16', '14:00', 'Oona', 8, 'Mirko Jansen', NULL, NULL, 95, 'booked'),
    ('G-1008', 'group', 'shipwrecks', 'French', '2026-08-08', '14:00', 'Bao', 20, 'Aissatou Barry', NULL, NULL, 120, 'booked'),
    ('G-1009', 'group', 'salt makers', 'English', '2026-08-21', '10:30', 'Bao', 11, 'Niamh Kelly', NULL, NULL, 95, 'booked'),
    ('G-1010', 'group', 'shipwrecks', 'English', '2026-08-29', '14:00', 'Greta', 16, 'Rohan Mehta', NULL, NULL, 120, 'booked'),
    ('G-1011', 'group', 'lighthouses', 'French', '2026-09-12', '10:30', 'Bao', 18, 'Denise Okoro', NULL, NULL, 95, 'booked'),
    ('G-1012', 'group', 'shipwrecks', 'French', '2026-09-12', '14:00', 'Bao', 23, 'Yusuf Kaya', NULL, NULL, 120, 'booked'),
    ('G-1013', 'group', 'salt makers', 'French', '2026-09-12', '16:00', 'Bao', 10, 'Elise Martin', NULL, NULL, 95, 'booked'),
    ('G-1014', 'group', 'shipwrecks', 'English', '2026-09-19', '14:00', 'Ines', 18, 'Tomasz Zielinski', NULL, NULL, 120, 'booked'),
    ('G-1015', 'group', 'lighthouses', 'German', '2026-10-03', '10:30', 'Greta', 15, 'Petra Lindqvist', NULL, NULL, 95, 'booked'),
    ('G-1016', 'group', 'family treasure hunt', 'Spanish', '2026-10-10', '16:00', 'Ines', 13, 'Mateo Fuentes', NULL, NULL, 80, 'booked'),
    ('G-1017', 'group', 'shipwrecks', 'English', '2026-10-31', '14:00', 'Bao', 21, 'Grace Adeyemi', NULL, NULL, 120, 'booked'),
    ('G-1018', 'group', 'salt makers', 'German', '2026-11-14', '10:30', 'Greta', 19, 'Jonas Falk', NULL, NULL, 95, 'booked'),
    ('S-2001', 'school', 'salt makers', 'English', '2026-06-16', '09:15', 'Ines', 26, 'Ruth Amsel', '+442079460142', 'Hill Lane Primary', 0, 'booked'),
    ('S-2002', 'school', 'lighthouses', 'German', '2026-09-08', '09:15', 'Greta', 28, 'Bernd Koller', '+442079460177', 'Mill Street School', 0, 'booked'),
    ('S-2003', 'school', 'shipwrecks', 'English', '2026-10-07', '11:45', 'Bao', 24, 'Salma Haddad', '+442079460119', 'North Quay School', 72, 'held');

INSERT INTO public_tours (code, weekday, time, theme, language, places) VALUES
    ('P1', 2, '15:00', 'salt makers', 'English', 20),
    ('P2', 4, '18:00', 'shipwrecks', 'English', 20),
    ('P3', 5, '15:00', 'lighthouses', 'German', 15),
    ('P4', 6, '11:30', 'shipwrecks', 'English', 20),
    ('P5', 6, '15:00', 'family treasure hunt', 'English', 12),
    ('P6', 0, '11:30', 'lighthouses', 'English', 20),
    ('P7', 0, '13:00', 'salt makers', 'sign language', 10);

INSERT INTO joined (number, code, day, people, contact_name) VALUES
    (1, 'P4', '2026-06-20', 18, 'Hugo Stein'), (2, 'P5', '2026-08-01', 12, 'Mei Tan'),
    (3, 'P4', '2026-09-05', 20, 'Farah Noor'), (4, 'P5', '2026-09-05', 7, 'Olga Petrova'), (5, 'P6', '2026-10-11', 17, 'Dele Ojo');

INSERT INTO waiting_list (number, theme, language, day, people, contact_name) VALUES
    (1, 'lighthouses', 'French', '2026-09-12', 14, 'Bruno Costa'), (2, 'shipwrecks', 'German', '2026-06-13', 6, 'Ana Horvat');
