-- Where every trial starts. Refusals by design: evenings without such a show, evenings sold out, bookings less than three days away,
-- seats that are given back already, seats that are not in the booking, and days on which nothing was bought.

INSERT INTO shows (number, title, kind, weekdays, start, first_day, last_day) VALUES
    (1, 'The Lighthouse Keeper', 'play', '3456', '7:30 pm', '2026-05-01', '2026-07-26'),
    (2, 'A Winter in Whitby', 'play', '1234', '7:45 pm', '2026-05-01', '2026-12-20'),
    (3, 'Thornby Sinfonia', 'concert', '46', '7:00 pm', '2026-05-01', '2026-12-20'),
    (4, 'The Brass Menagerie', 'concert', '25', '8:15 pm', '2026-05-01', '2026-12-20'),
    (5, 'Late Laughs', 'comedy', '345', '9:00 pm', '2026-05-01', '2026-12-20'),
    (6, 'Morwenna Pike: Out of Office', 'comedy', '15', '8:00 pm', '2026-05-01', '2026-12-20'),
    (7, 'The Tin Goose', 'family show', '256', '2:30 pm', '2026-05-01', '2026-12-20'),
    (8, 'Puppets on the Moon', 'family show', '56', '11:00 am', '2026-05-01', '2026-12-20');

INSERT INTO prices (number, area, pence) VALUES
    (1, 'stalls', 3400), (1, 'circle', 2800), (1, 'balcony', 1800), (2, 'stalls', 3600), (2, 'circle', 3000), (2, 'balcony', 1900),
    (3, 'stalls', 4200), (3, 'circle', 3800), (3, 'balcony', 2200), (4, 'stalls', 2600), (4, 'circle', 2400), (4, 'balcony', 1500),
    (5, 'stalls', 2000), (5, 'circle', 1800), (5, 'balcony', 1400), (6, 'stalls', 2400), (6, 'circle', 2200), (6, 'balcony', 1600),
    (7, 'stalls', 1600), (7, 'circle', 1400), (7, 'balcony', 1000), (8, 'stalls', 1200), (8, 'circle', 1000), (8, 'balcony', 800);

INSERT INTO sold_out (day, number) VALUES
    ('2026-05-23', 7), ('2026-05-23', 8), ('2026-06-05', 5), ('2026-06-12', 3), ('2026-06-13', 1), ('2026-06-20', 6), ('2026-07-04', 4),
    ('2026-07-10', 5), ('2026-07-25', 1), ('2026-08-15', 7), ('2026-08-21', 3), ('2026-09-05', 5), ('2026-09-05', 6), ('2026-09-12', 8);

INSERT INTO owned (booking_code, mobile, title, day, in_days, pence) VALUES
    ('PW40217', '+447700900142', 'Thornby Sinfonia', '2026-12-18', NULL, 4200),
    ('PW40225', '+447700900115', 'A Winter in Whitby', '2026-11-27', NULL, 3000),
    ('PW40233', '+447700900178', 'The Brass Menagerie', NULL, 9, 2600),
    ('PW40238', '+447700900109', 'Late Laughs', NULL, 20, 1800),
    ('PW40241', '+447700900191', 'The Tin Goose', NULL, 2, 1600),
    ('PW40256', '+447700900126', 'Late Laughs', NULL, 1, 2000),
    ('PW40262', '+447700900157', 'Puppets on the Moon', '2026-12-12', NULL, 1200);

INSERT INTO seats (booking_code, seat) VALUES
    ('PW40217', 'F12'), ('PW40217', 'F13'), ('PW40225', 'C14'), ('PW40225', 'C15'), ('PW40225', 'C16'), ('PW40233', 'H21'), ('PW40238', 'B10'),
    ('PW40238', 'B11'), ('PW40241', 'K17'), ('PW40241', 'K18'), ('PW40256', 'D19'), ('PW40262', 'E22'), ('PW40262', 'E23'), ('PW40262', 'E24');

INSERT INTO orders (number, email, days_ago, what) VALUES
    (1, 'ruth.ellery@postbox.example', 2, 'two tickets for The Lighthouse Keeper'),
    (2, 'ruth.ellery@postbox.example', 2, 'four tickets for The Tin Goose'),
    (3, 'd.clarke@mailhaven.example', 5, 'one ticket for Late Laughs'),
    (4, 'tomos.v@letterbox.example', 1, 'three tickets for Thornby Sinfonia'),
    (5, 'tomos.v@letterbox.example', 1, 'two tickets for Morwenna Pike: Out of Office'),
    (6, 'anjali.m@letterbox.example', 11, 'two tickets for The Brass Menagerie'),
    (7, 'o.prosser@postbox.example', 3, 'six tickets for Puppets on the Moon');
