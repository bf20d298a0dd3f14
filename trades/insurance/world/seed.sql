-- Where every trial starts. Refusals by design: a claim older than 60 days, a driver under 16 or already insured, an unknown ZIP code.

INSERT INTO policies (policy, birth_date, holder, car, deductible, cents, roadside) VALUES
    ('PS-481207', '1984-03-03', 'Wendell Osterman', '2018 Marlow pickup', 500, 9240, 1),
    ('PS-481233', '1969-11-21', 'Rita Arroyo', '2021 Halden sedan', 1000, 7710, 0),
    ('PS-481250', '1991-07-15', 'Grant Fitch', '2015 Corva wagon', 250, 6880, 1),
    ('PS-481266', '1957-09-08', 'Bea Kaminski', '2012 Halden sedan', 500, 5490, 0),
    ('PS-481279', '1978-12-30', 'Andre Voss', '2023 Tarn electric', 1000, 11320, 1);

INSERT INTO deductibles (dollars, factor) VALUES (250, 1.12), (500, 1.0), (1000, 0.88);

INSERT INTO rates (zip, liability, full_coverage) VALUES ('68405', 4100, 8900), ('68012', 5300, 11200), ('61207', 4700, 9850);

INSERT INTO accounts (days, clock, hurt, report, place, street, riders, phone, texts) VALUES
    (1, '17:30', 0, '26-40718', 'Elm Street at Route 9', '218 Cottonwood Road, Milford', 2, '+14025550143', 1),
    (3, '08:15', 1, '26-41155', 'the I-80 ramp at Milford', '1400 Depot Street, Harlan Falls', 1, '+13085550178', 1),
    (12, NULL, 0, NULL, 'the Hilltop Mall parking lot', '77 Quarry Lane, Milford', 4, '+17125550166', 0);

INSERT INTO claims (claim, policy, kind, day, clock, place, hurt, report, phone, texts, state, paid, opened) VALUES
    ('C-7102', 'PS-481207', 'hail', '2026-04-11', NULL, 'my driveway', 0, NULL, '+14025550143', 1, 'paid', 1840, '2026-04-12'),
    ('C-7118', 'PS-481250', 'collision', '2026-04-22', '18:40', 'Depot Street', 0, '26-38214', '+13085550178', 1, 'with the adjuster', NULL, '2026-04-23'),
    ('C-7126', 'PS-481266', 'glass', '2026-04-27', NULL, 'Route 9', 0, NULL, '+17125550166', 0, 'photos missing', NULL, '2026-04-28');

INSERT INTO drivers (policy, driver_name, age, cents, state) VALUES
    ('PS-481233', 'Luis Arroyo', 22, 5600, 'insured');
