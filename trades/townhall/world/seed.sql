-- Where every trial starts. Refusals by design: Wednesdays and weekends, holidays and staff days, wrong codes, a move that is registered
-- already, days in the future, a notice that is paid, instalments below the least.

INSERT INTO hours (weekday, time, desk) VALUES
    (0, '08:20', 1), (0, '09:40', 2), (0, '11:00', 3), (1, '08:00', 1), (1, '09:20', 2),
    (1, '10:40', 3), (1, '11:20', 1), (3, '08:40', 1), (3, '10:20', 2), (3, '14:00', 3),
    (3, '15:20', 1), (3, '17:00', 2), (4, '08:20', 1), (4, '10:00', 2), (4, '11:20', 3);

INSERT INTO closed (day, why) VALUES
    ('2026-05-14', 'Ascension Day'), ('2026-05-15', 'a bridge day'), ('2026-05-25', 'Whit Monday'), ('2026-06-04', 'Corpus Christi'),
    ('2026-06-19', 'a staff outing'), ('2026-07-16', 'new computers'), ('2026-08-11', 'a training day'), ('2026-09-14', 'the autumn fair');

INSERT INTO appointments (number, matter, persons, day, time, desk, citizen_name)
    SELECT row_number() OVER (), 'passport', 1, days.day, time, desk, 'Johannes Brandt' FROM hours
    JOIN (SELECT '2026-06-09' AS day, 1 AS wd UNION SELECT '2026-06-29', 0 UNION SELECT '2026-07-23', 3 UNION SELECT '2026-08-28', 4) days ON wd = weekday;

INSERT INTO citizens (file_number, letter_code, citizen_name) VALUES
    ('EB204170', 'K4T7M', 'Katrin Vogel'), ('EB204250', 'R2W9C', 'Emre Yildiz'), ('EB204330', 'B8N3X', 'Olena Kovalenko'),
    ('EB204480', 'T5H6D', 'Lena Hartwig'), ('EB204560', 'M9C2V', 'Paolo Ricci'), ('EB204610', 'W3F8J', 'Samuel Osei');

INSERT INTO moves (file_number, moved_on, new_address, movers, landlord_paper, late, registered) VALUES
    ('EB204610', '2026-04-20', 'Rosenweg 41', 'Samuel Osei', 'at hand', 0, '2026-04-27');

INSERT INTO notices (notice_number, what, cents, least, paid) VALUES
    ('FN204118', 'a fine for speeding', 12000, 2000, 0), ('FN204126', 'a fine for parking on the market', 5500, 1000, 0),
    ('FN204133', 'a fine for a red light', 20000, 2500, 0), ('FN204139', 'a fine for a missing dog tag', 8000, 1500, 0),
    ('FN204150', 'a fine for noise at night', 15000, 2000, 0), ('FN204157', 'a fine for parking in front of a fire exit', 7000, 1000, 1);

INSERT INTO applications (application, what, state, lacks) VALUES
    ('AP-4711-K', 'a passport', 'ready', NULL), ('AP-4718-R', 'an identity card', 'in work', NULL), ('AP-4725-D', 'a driving licence', 'missing', 'the eye test'),
    ('AP-4733-M', 'a certificate of conduct', 'received', NULL), ('AP-4802-P', 'an identity card', 'ready', NULL), ('AP-4809-T', 'a passport', 'missing', 'a biometric photo'),
    ('AP-4816-B', 'a driving licence', 'handed out', NULL), ('AP-4823-H', 'a passport', 'in work', NULL);
