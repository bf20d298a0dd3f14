-- Where every trial starts. Full days, finished moves and a cancelled one, empty shelves: an agent must be able to say no.
-- In every fortnight there is a move, so that somebody can have damage to report.

INSERT INTO towns (town, kilometres) VALUES
    ('Aldermere', 5), ('Thornwick', 18), ('Saltby Quay', 34), ('Stonebeck', 52), ('Hollin Bay', 75), ('Marrow Hill', 110);

INSERT INTO rates (rooms, movers, price) VALUES
    (1, 2, 290), (2, 2, 430), (3, 3, 590), (4, 3, 780), (5, 4, 960), (6, 4, 1140);

INSERT INTO special_items (item, surcharge) VALUES ('piano', 180), ('aquarium', 90), ('pool table', 150), ('safe', NULL);

INSERT INTO vans (van, start, most_rooms, percent) VALUES
    ('Bertha', '8:00', 6, 100), ('Otto', '8:00', 3, 100), ('Otto', '13:30', 3, 90);

-- 30 June, 1 August and 30 September are full: month's ends always are. 26 June has only the afternoon left.
INSERT INTO moves (move_number, pin, customer_name, from_address, to_address, rooms, stairs, day, start, van, price, fee, status) VALUES
    ('KC-2001', '4471', 'Ingrid Solberg', '3 Ropewalk, Saltby Quay', '12 Orchard Row, Thornwick', 3, 2, '2026-05-20', '8:00', 'Otto', 712, 0, 'booked'),
    ('KC-2002', '9038', 'Mateus Carvalho', '40 Tanner Street, Aldermere', '7 Beacon Road, Hollin Bay', 4, 0, '2026-05-29', '8:00', 'Bertha', 940, 0, 'booked'),
    ('KC-2003', '1526', 'Yuki Tanabe', '18 Bell Lane, Aldermere', '2 Weir Court, Aldermere', 1, 4, '2026-06-02', '13:30', 'Otto', 397, 0, 'booked'),
    ('KC-2004', '7719', 'Farah Siddiqui', '5 Lime Walk, Stonebeck', '31 Mill Lane, Aldermere', 5, 1, '2026-06-05', '8:00', 'Bertha', 1099, 0, 'booked'),
    ('KC-2005', '3380', 'Piotr Zielinski', '9 Fish Street, Saltby Quay', '14 Tanner Street, Aldermere', 2, 3, '2026-06-12', '8:00', 'Otto', 603, 121, 'cancelled'),
    ('KC-2006', '6204', 'Adaeze Nwosu', '22 Mill Lane, Aldermere', '8 Orchard Row, Thornwick', 2, 1, '2026-06-16', '13:30', 'Otto', 454, 0, 'booked'),
    ('KC-2007', '5817', 'Bram de Wit', '1 Kiln Close, Thornwick', '6 Bell Lane, Aldermere', 4, 2, '2026-06-26', '8:00', 'Bertha', 886, 0, 'booked'),
    ('KC-2008', '2943', 'Leila Mansouri', '11 Weir Court, Aldermere', '25 Beacon Road, Hollin Bay', 3, 0, '2026-06-26', '8:00', 'Otto', 740, 0, 'booked'),
    ('KC-2009', '8162', 'Declan Moran', '16 Quarry Road, Stonebeck', '4 Ropewalk, Saltby Quay', 6, 3, '2026-06-30', '8:00', 'Bertha', 1349, 0, 'booked'),
    ('KC-2010', '4095', 'Thuy Pham', '27 Bell Lane, Aldermere', '19 Mill Lane, Aldermere', 1, 5, '2026-06-30', '8:00', 'Otto', 475, 0, 'booked'),
    ('KC-2011', '7350', 'Ruben Alonso', '2 Lime Walk, Stonebeck', '33 Tanner Street, Aldermere', 2, 2, '2026-06-30', '13:30', 'Otto', 584, 0, 'booked'),
    ('KC-2012', '1684', 'Hanna Lindqvist', '10 Kiln Close, Thornwick', '5 Fish Street, Saltby Quay', 3, 1, '2026-07-09', '8:00', 'Otto', 693, 0, 'booked'),
    ('KC-2013', '9427', 'Samuel Asante', '6 Orchard Row, Thornwick', '15 Castle Street, Marrow Hill', 5, 0, '2026-07-17', '8:00', 'Bertha', 1180, 0, 'booked'),
    ('KC-2014', '3071', 'Giulia Ferrante', '28 Mill Lane, Aldermere', '13 Weir Court, Aldermere', 2, 4, '2026-07-24', '8:00', 'Otto', 580, 60, 'booked'),
    ('KC-2015', '5538', 'Arjun Menon', '7 Ropewalk, Saltby Quay', '20 Quarry Road, Stonebeck', 4, 2, '2026-08-01', '8:00', 'Bertha', 954, 0, 'booked'),
    ('KC-2016', '8806', 'Katya Morozova', '17 Tanner Street, Aldermere', '9 Kiln Close, Thornwick', 3, 3, '2026-08-01', '8:00', 'Otto', 731, 0, 'booked'),
    ('KC-2017', '2259', 'Emeka Obi', '4 Bell Lane, Aldermere', '21 Orchard Row, Thornwick', 1, 2, '2026-08-01', '13:30', 'Otto', 357, 0, 'booked'),
    ('KC-2018', '6613', 'Clara Vidal', '23 Beacon Road, Hollin Bay', '3 Lime Walk, Stonebeck', 2, 0, '2026-08-20', '13:30', 'Otto', 580, 0, 'booked'),
    ('KC-2019', '4748', 'Noah Fischer', '12 Castle Street, Marrow Hill', '30 Mill Lane, Aldermere', 6, 1, '2026-09-11', '8:00', 'Bertha', 1395, 0, 'booked'),
    ('KC-2020', '1190', 'Salma Benali', '8 Weir Court, Aldermere', '18 Fish Street, Saltby Quay', 3, 2, '2026-09-30', '8:00', 'Bertha', 728, 0, 'booked'),
    ('KC-2021', '7902', 'Wei Chen', '15 Kiln Close, Thornwick', '26 Bell Lane, Aldermere', 2, 2, '2026-09-30', '8:00', 'Otto', 516, 0, 'booked'),
    ('KC-2022', '3465', 'Maeve Brennan', '29 Tanner Street, Aldermere', '11 Quarry Road, Stonebeck', 1, 0, '2026-09-30', '13:30', 'Otto', 375, 0, 'booked'),
    ('KC-2023', '9581', 'Tariq Aziz Khan', '14 Ropewalk, Saltby Quay', '16 Beacon Road, Hollin Bay', 4, 0, '2026-10-15', '8:00', 'Bertha', 998, 0, 'booked'),
    ('KC-2024', '5226', 'Zofia Baran', '5 Castle Street, Marrow Hill', '2 Orchard Row, Thornwick', 2, 3, '2026-10-22', '8:00', 'Otto', 791, 0, 'booked'),
    ('KC-2025', '8437', 'Luca Steiner', '20 Lime Walk, Stonebeck', '22 Weir Court, Aldermere', 3, 1, '2026-11-05', '8:00', 'Otto', 739, 0, 'booked'),
    ('KC-2026', '6071', 'Anneli Koski', '2 Bell Lane, Aldermere', '10 Ropewalk, Saltby Quay', 2, 1, '2026-04-30', '8:00', 'Otto', 533, 0, 'booked'),
    ('KC-2027', '2718', 'Joao Teixeira', '8 Fish Street, Saltby Quay', '1 Mill Lane, Aldermere', 4, 2, '2026-05-11', '8:00', 'Bertha', 918, 0, 'booked'),
    ('KC-2028', '5093', 'Chinwe Eze', '11 Kiln Close, Thornwick', '3 Weir Court, Aldermere', 1, 1, '2026-08-12', '13:30', 'Otto', 324, 0, 'booked'),
    ('KC-2029', '8829', 'Dilan Yildiz', '5 Beacon Road, Hollin Bay', '9 Bell Lane, Aldermere', 3, 3, '2026-09-01', '8:00', 'Otto', 845, 0, 'booked'),
    ('KC-2030', '1347', 'Aoife Nolan', '6 Lime Walk, Stonebeck', '18 Mill Lane, Aldermere', 5, 0, '2026-09-22', '8:00', 'Bertha', 1064, 0, 'booked');

INSERT INTO materials (material, price, stock) VALUES
    ('moving boxes', 3, 400), ('wardrobe boxes', 12, 24), ('bubble wrap', 9, 60), ('mattress covers', 7, 0);

INSERT INTO orders (number, move_number, material, quantity, price, delivery) VALUES
    (1, 'KC-2007', 'moving boxes', 60, 180, '2026-06-19'), (2, 'KC-2009', 'bubble wrap', 4, 36, '2026-06-23'),
    (3, 'KC-2012', 'wardrobe boxes', 3, 36, '2026-07-02');

INSERT INTO claims (claim, move_number, damage, reported) VALUES ('D-301', 'KC-2001', 'a scratched sideboard', '2026-05-22');
