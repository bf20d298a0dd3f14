-- Where every trial starts. Refusals by design: members who owe money, a member who pauses already, weekdays without a class, full
-- classes, closed days, pauses that are too long, and fees below what the house takes.

INSERT INTO members (member_number, birth_date, member_name, fee, least, owes) VALUES
    ('IB30214', '1990-02-14', 'Bree Callaghan', 2400, 2000, 0),
    ('IB30264', '1978-08-02', 'Tane Rawiri', 2400, 2100, 0),
    ('IB30334', '1999-11-27', 'Priya Nair', 1900, 1700, 0),
    ('IB30384', '1985-05-09', 'Lachlan Doyle', 2800, 2200, 0),
    ('IB30474', '2003-01-18', 'Mei Tanaka', 1900, 1600, 0),
    ('IB30524', '1966-09-30', 'Oscar Brandt', 2600, 2200, 0),
    ('IB30594', '1994-04-05', 'Zahra Haidari', 2400, 2000, 4800),
    ('IB30644', '1971-12-12', 'Imogen Pike', 2800, 2300, 0);

INSERT INTO timetable (number, activity, weekday, hour, start, coach) VALUES
    (1, 'yoga', 0, '07:00', '7:00 am', 'Anika'), (2, 'yoga', 0, '18:30', '6:30 pm', 'Anika'), (3, 'yoga', 2, '07:00', '7:00 am', 'Anika'),
    (4, 'yoga', 2, '18:30', '6:30 pm', 'Anika'), (5, 'yoga', 4, '07:00', '7:00 am', 'Anika'), (6, 'yoga', 4, '18:30', '6:30 pm', 'Anika'),
    (7, 'yoga', 5, '07:00', '7:00 am', 'Anika'), (8, 'yoga', 5, '18:30', '6:30 pm', 'Anika'), (9, 'spin', 0, '06:15', '6:15 am', 'Jarrah'),
    (10, 'spin', 0, '17:45', '5:45 pm', 'Jarrah'), (11, 'spin', 0, '19:00', '7:00 pm', 'Dev'), (12, 'spin', 1, '06:15', '6:15 am', 'Jarrah'),
    (13, 'spin', 1, '17:45', '5:45 pm', 'Jarrah'), (14, 'spin', 1, '19:00', '7:00 pm', 'Dev'), (15, 'spin', 3, '06:15', '6:15 am', 'Jarrah'),
    (16, 'spin', 3, '17:45', '5:45 pm', 'Jarrah'), (17, 'spin', 3, '19:00', '7:00 pm', 'Dev'), (18, 'spin', 5, '06:15', '6:15 am', 'Jarrah'),
    (19, 'spin', 5, '17:45', '5:45 pm', 'Jarrah'), (20, 'spin', 5, '19:00', '7:00 pm', 'Dev'), (21, 'pilates', 1, '09:30', '9:30 am', 'Colette'),
    (22, 'pilates', 1, '18:00', '6:00 pm', 'Colette'), (23, 'pilates', 3, '09:30', '9:30 am', 'Colette'), (24, 'pilates', 3, '18:00', '6:00 pm', 'Colette'),
    (25, 'pilates', 6, '09:30', '9:30 am', 'Colette'), (26, 'pilates', 6, '18:00', '6:00 pm', 'Colette'), (27, 'boxing', 1, '12:15', '12:15 pm', 'Marlon'),
    (28, 'boxing', 1, '19:15', '7:15 pm', 'Marlon'), (29, 'boxing', 2, '12:15', '12:15 pm', 'Marlon'), (30, 'boxing', 2, '19:15', '7:15 pm', 'Marlon'),
    (31, 'boxing', 4, '12:15', '12:15 pm', 'Marlon'), (32, 'boxing', 4, '19:15', '7:15 pm', 'Marlon'), (33, 'boxing', 6, '12:15', '12:15 pm', 'Marlon'),
    (34, 'boxing', 6, '19:15', '7:15 pm', 'Marlon'), (35, 'aqua', 0, '08:00', '8:00 am', 'Sunny'), (36, 'aqua', 0, '10:30', '10:30 am', 'Sunny'),
    (37, 'aqua', 2, '08:00', '8:00 am', 'Sunny'), (38, 'aqua', 2, '10:30', '10:30 am', 'Sunny'), (39, 'aqua', 3, '08:00', '8:00 am', 'Sunny'),
    (40, 'aqua', 3, '10:30', '10:30 am', 'Sunny'), (41, 'aqua', 5, '08:00', '8:00 am', 'Sunny'), (42, 'aqua', 5, '10:30', '10:30 am', 'Sunny');

INSERT INTO closed (day, why) VALUES
    ('2026-06-08', 'the King''s Birthday'), ('2026-12-25', 'Christmas'), ('2026-08-19', 'the floors are done');

INSERT INTO no_class (day, activity) VALUES
    ('2026-05-13', 'yoga'), ('2026-05-19', 'pilates'), ('2026-06-05', 'yoga'), ('2026-06-11', 'spin'), ('2026-06-17', 'boxing'), ('2026-07-01', 'aqua'),
    ('2026-07-14', 'spin'), ('2026-07-23', 'pilates'), ('2026-08-05', 'yoga'), ('2026-08-21', 'boxing'), ('2026-09-03', 'spin'), ('2026-09-12', 'aqua');

INSERT INTO courses (number, title, start, place, refund) VALUES
    (1, 'Learn to swim', '6:00 pm', 'in the pool', 6400), (2, 'Back school', '10:00 am', 'in room 2', 4500),
    (3, 'Barbell basics', '7:30 pm', 'in the weights room', 5200), (4, 'Prenatal yoga', '9:00 am', 'in room 1', 3600);

INSERT INTO places (member_number, number, left_on) VALUES
    ('IB30214', 1, NULL), ('IB30214', 3, NULL), ('IB30264', 2, NULL), ('IB30334', 4, NULL), ('IB30334', 1, NULL), ('IB30384', 3, NULL),
    ('IB30474', 1, NULL), ('IB30474', 2, '2026-04-20'), ('IB30524', 2, NULL), ('IB30524', 1, NULL), ('IB30644', 4, NULL), ('IB30644', 2, NULL);

INSERT INTO pauses (member_number, pause_from, pause_until, why, cents) VALUES ('IB30474', '2026-04-27', '2026-10-04', 'travel', 4000);
