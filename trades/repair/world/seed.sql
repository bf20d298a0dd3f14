-- Where every trial starts. Much goes wrong on purpose: expired quotes, missing consent, broken seals, full days.

INSERT INTO sales (serial, item, class, sold_on, seal) VALUES
    ('KTN10442', 'office laptop 14 inch', 'new', '2026-01-19', 'whole'),
    ('KTN10457', 'studio desktop', 'new', '2026-03-02', 'whole'),
    ('KTN10463', 'office laptop 15 inch', 'new', '2026-04-21', 'broken'),       -- opened elsewhere: nothing is covered
    ('KTR20417', 'refurbished laptop 14 inch', 'refurbished', '2026-02-14', 'whole'),
    ('KTR20425', 'refurbished laptop 13 inch', 'refurbished', '2026-01-09', 'whole'),   -- six months are over in July
    ('KTR20431', 'refurbished desktop', 'refurbished', '2026-05-18', 'whole'),
    ('KTR20438', 'refurbished laptop 15 inch', 'refurbished', '2026-05-29', 'broken'),
    ('KTB30318', 'replacement laptop battery', 'battery', '2026-03-27', 'whole'),
    ('KTB30322', 'replacement laptop battery', 'battery', '2026-05-11', 'whole');

INSERT INTO terms (class, damage, months) VALUES
    ('new', 'defect', 24), ('new', 'battery', 12), ('new', 'drop', 0), ('new', 'liquid', 0), ('new', 'software', 0),
    ('refurbished', 'defect', 6), ('refurbished', 'battery', 3), ('refurbished', 'drop', 0),
    ('refurbished', 'liquid', 0), ('refurbished', 'software', 0),
    ('battery', 'defect', 6), ('battery', 'battery', 6), ('battery', 'drop', 0), ('battery', 'liquid', 0),
    ('battery', 'software', 0);

INSERT INTO repairs (ticket, code, device, fault, status, expected, touches_disk, backup, backup_on) VALUES
    ('T-1017', '4820', 'laptop', 'broken hinge', 'ready', NULL, 0, NULL, NULL),
    ('T-1021', '7713', 'desktop', 'does not switch on', 'quoted', NULL, 0, NULL, NULL),
    ('T-1023', '0964', 'laptop', 'failing disk', 'quoted', NULL, 1, NULL, NULL),              -- no consent: cannot be accepted
    ('T-1026', '3358', 'laptop', 'cracked screen', 'quoted', NULL, 0, NULL, NULL),
    ('T-1029', '5106', 'laptop', 'very slow, disk nearly full', 'quoted', NULL, 1, 'own backup', '2026-05-28'),
    ('T-1030', '8247', 'tablet', 'charging port loose', 'quoted', NULL, 0, NULL, NULL),        -- quote ran out
    ('T-1032', '1495', 'desktop', 'fan noise', 'in repair', '2026-10-30', 0, NULL, NULL),
    ('T-1034', '6670', 'laptop', 'dead keyboard', 'waiting for a part', '2026-11-06', 0, NULL, NULL),
    ('T-1035', '2931', 'desktop', 'system does not start', 'waiting for diagnosis', NULL, 1, NULL, NULL),
    ('T-1038', '9052', 'laptop', 'virus and pop-ups', 'waiting for diagnosis', NULL, 1, NULL, NULL),
    ('T-1039', '4403', 'laptop', 'disk to be replaced', 'waiting for diagnosis', NULL, 1, 'shop backup', '2026-05-30'),
    ('T-1041', '7186', 'laptop', 'coffee over the board', 'sent back unrepaired', NULL, 0, NULL, NULL),
    ('T-1042', '0578', 'desktop', 'graphics card', 'collected', NULL, 0, NULL, NULL),
    ('T-1044', '3864', 'laptop', 'swollen battery', 'quoted', NULL, 0, NULL, NULL);            -- already declined

INSERT INTO quotes (ticket, work, parts_cents, labour_cents, valid_until, status) VALUES
    ('T-1021', 'new power supply', 6490, 5500, '2026-10-31', 'open'),
    ('T-1023', 'new disk and system set up again', 8900, 11000, '2026-10-31', 'open'),
    ('T-1026', 'new screen', 14950, 6500, '2026-10-31', 'open'),
    ('T-1029', 'larger disk and data moved', 12900, 8500, '2026-10-31', 'open'),
    ('T-1030', 'new charging port', 2400, 7500, '2026-05-31', 'open'),
    ('T-1032', 'new fan', 1990, 3500, '2026-10-31', 'accepted'),
    ('T-1034', 'new keyboard', 5450, 5500, '2026-10-31', 'accepted'),
    ('T-1044', 'new battery', 7900, 3500, '2026-10-31', 'declined');

INSERT INTO bench (visit, time, places) VALUES
    ('diagnosis', '09:30', 1), ('diagnosis', '11:00', 1), ('diagnosis', '15:00', 1), ('drop-off', '09:00 to 12:00', 3),
    ('drop-off', '14:00 to 18:00', 3);

INSERT INTO visits (device, visit, day, time, customer_name) VALUES
    ('laptop', 'diagnosis', '2026-06-15', '09:30', 'Ngozi Eze'),          -- Monday 15 June: no diagnosis left
    ('laptop', 'diagnosis', '2026-06-15', '11:00', 'Marta Kowalska'),
    ('desktop', 'diagnosis', '2026-06-15', '15:00', 'Stefan Lindqvist'),
    ('laptop', 'diagnosis', '2026-06-16', '09:30', 'Hana Suzuki'),
    ('laptop', 'drop-off', '2026-07-06', '09:00 to 12:00', 'Leila Rahimi'),   -- Monday 6 July: the morning is full
    ('laptop', 'drop-off', '2026-07-06', '09:00 to 12:00', 'Pavel Dvorak'),
    ('desktop', 'drop-off', '2026-07-06', '09:00 to 12:00', 'Aoife Brennan'),
    ('laptop', 'diagnosis', '2026-08-17', '15:00', 'Joao Pinto'),
    ('desktop', 'diagnosis', '2026-09-14', '09:30', 'Yusuf Demir');
