-- Where every trial starts. Some minimum terms are over, some run for another year; one SIM is blocked already.

INSERT INTO plans (plan, name, gigabytes, pence) VALUES
    ('starter', 'Starter', 5, 800), ('steady', 'Steady', 20, 1200), ('roomy', 'Roomy', 60, 1650),
    ('huge', 'Huge', 150, 2100), ('boundless', 'Boundless', 9999, 2800);

INSERT INTO contracts (account, passcode, holder, plan, pence, used, ends) VALUES
    ('BW-30114', '4471', 'Dana Pryce', 'steady', 1200, 184, '2026-02-14'),
    ('BW-30127', '9026', 'Mark Okafor', 'roomy', 1650, 312, '2026-03-31'),
    ('BW-30139', '1835', 'Joanne Lindley', 'starter', 800, 46, '2025-11-20'),
    ('BW-30152', '7710', 'Amir Rahmani', 'huge', 2100, 655, '2026-04-18'),
    ('BW-30168', '2394', 'Ceri Vaughan', 'steady', 1200, 71, '2027-03-09'),
    ('BW-30171', '5582', 'Tom Hadley', 'roomy', 1650, 598, '2027-01-25'),
    ('BW-30186', '6047', 'Priya Nair', 'starter', 800, 12, '2027-05-30'),
    ('BW-30193', '3319', 'Ewan Mackie', 'boundless', 2800, 1204, '2026-01-08');

INSERT INTO contracts (account, passcode, holder, plan, pence, used, ends, sim, why) VALUES
    ('BW-30205', '8150', 'Lucy Farrant', 'steady', 1200, 9, '2027-02-17', 'blocked', 'stolen');

INSERT INTO zones (country, pence) VALUES
    ('France', 225), ('Spain', 225), ('Italy', 225), ('Greece', 225), ('Turkey', 400), ('Morocco', 550), ('Canada', 550), ('Japan', 550);

INSERT INTO ways (way, street, email, shop) VALUES
    ('post', '14 Larch Road, Millbeck', NULL, NULL), ('post', '8 Quay Street, Dunmouth', NULL, NULL),
    ('eSIM', NULL, 'dana.pryce@postbox.example', NULL), ('eSIM', NULL, 'm.okafor@inkmail.example', NULL),
    ('shop', NULL, NULL, 'Millbeck'), ('shop', NULL, NULL, 'Ashby Cross');
