-- Where every trial starts. Refusals by design: a wrong date of birth, a blocked card, a full day, closed days, a visit already
-- cancelled, a visit within one working day, and a phone number that is registered already.

INSERT INTO treatments (treatment, price, minutes) VALUES
    ('check-up', 55, 20), ('cleaning', 85, 40), ('filling', 120, 40), ('root canal', 540, 80), ('first visit', 70, 40);

INSERT INTO dentists (dentist, day_off) VALUES ('Dr Okonkwo', NULL), ('Dr Lindqvist', 4), ('Ms Farouk', 2);

INSERT INTO does (dentist, treatment) VALUES
    ('Dr Okonkwo', 'check-up'), ('Dr Okonkwo', 'filling'), ('Dr Okonkwo', 'root canal'), ('Dr Okonkwo', 'first visit'),
    ('Dr Lindqvist', 'check-up'), ('Dr Lindqvist', 'filling'), ('Dr Lindqvist', 'first visit'),
    ('Ms Farouk', 'cleaning');

INSERT INTO hours (time, part_of_day) VALUES
    ('08:30', 'morning'), ('10:30', 'morning'), ('14:00', 'afternoon'), ('16:30', 'afternoon');

INSERT INTO closed (day, why) VALUES
    ('2026-06-01', 'a public holiday'), ('2026-08-03', 'a public holiday'), ('2026-10-26', 'a public holiday'), ('2026-09-11', 'a training day');

INSERT INTO patients (patient_number, birth_date, patient_name, phone, blocked) VALUES
    ('Q-2107', '1988-04-03', 'Maren Holt', '+353855550142', 0),
    ('Q-2113', '1975-11-19', 'Yusuf Demir', '+353875550119', 0),
    ('Q-2120', '1992-07-30', 'Chiara Bellini', '+353865550173', 0),
    ('Q-2131', '1969-02-08', 'Tomasz Zielak', '+353835550108', 0),
    ('Q-2144', '2001-05-27', 'Adaeze Nwosu', '+353855550187', 0),
    ('Q-2158', '1954-09-21', 'Hugo Lambert', '+353895550165', 1),
    ('Q-2162', '1997-12-14', 'Linh Tran', '+353875550134', 0),
    ('Q-2175', '1983-01-06', 'Rosa Quintero', '+353865550151', 0);

INSERT INTO appointments (number, patient_name, treatment, dentist, day, time, status) VALUES
    (1, 'Maren Holt', 'filling', 'Dr Okonkwo', '2026-06-18', '10:30', 'booked'),
    (2, 'Maren Holt', 'cleaning', 'Ms Farouk', '2026-10-15', '14:00', 'booked'),
    (3, 'Yusuf Demir', 'root canal', 'Dr Okonkwo', '2026-07-14', '08:30', 'booked'),
    (4, 'Yusuf Demir', 'check-up', 'Dr Okonkwo', '2026-10-29', '16:30', 'booked'),
    (5, 'Chiara Bellini', 'check-up', 'Dr Lindqvist', '2026-06-09', '14:00', 'booked'),
    (6, 'Chiara Bellini', 'filling', 'Dr Lindqvist', '2026-09-24', '10:30', 'booked'),
    (7, 'Tomasz Zielak', 'filling', 'Dr Lindqvist', '2026-08-20', '16:30', 'cancelled'),
    (8, 'Tomasz Zielak', 'cleaning', 'Ms Farouk', '2026-11-05', '08:30', 'booked'),
    (9, 'Adaeze Nwosu', 'first visit', 'Dr Okonkwo', '2026-11-10', '14:00', 'booked'),
    (10, 'Hugo Lambert', 'check-up', 'Dr Okonkwo', '2026-10-20', '10:30', 'booked'),
    (11, 'Linh Tran', 'cleaning', 'Ms Farouk', '2026-09-17', '10:30', 'booked'),
    (12, 'Linh Tran', 'check-up', 'Dr Lindqvist', '2026-11-19', '14:00', 'booked'),
    -- Wednesday 17 June: the hygienist is off, and both dentists are full in the afternoon.
    (13, 'Rosa Quintero', 'filling', 'Dr Okonkwo', '2026-06-17', '14:00', 'booked'),
    (14, 'Pavel Dvorak', 'check-up', 'Dr Okonkwo', '2026-06-17', '16:30', 'booked'),
    (15, 'Saoirse Flynn', 'filling', 'Dr Lindqvist', '2026-06-17', '14:00', 'booked'),
    (16, 'Adaeze Nwosu', 'check-up', 'Dr Lindqvist', '2026-06-17', '16:30', 'booked'),
    -- Friday 18 September: Dr Okonkwo alone works, and he is full.
    (17, 'Linh Tran', 'filling', 'Dr Okonkwo', '2026-09-18', '08:30', 'booked'),
    (18, 'Rosa Quintero', 'root canal', 'Dr Okonkwo', '2026-09-18', '10:30', 'booked'),
    (19, 'Pavel Dvorak', 'filling', 'Dr Okonkwo', '2026-09-18', '14:00', 'booked'),
    (20, 'Saoirse Flynn', 'check-up', 'Dr Okonkwo', '2026-09-18', '16:30', 'booked');
