-- Where every trial starts. Refusals by design: Mondays and holidays, evenings that are full, zips nobody drives to, orders too small
-- to be driven, orders in the oven, an order that has its refund already, and more money than the house gives.

INSERT INTO areas (zip, fee, least) VALUES ('55871', 0, 1000), ('55872', 250, 1000), ('55873', 350, 1200), ('55876', 450, 1400);

INSERT INTO prices (size, cents) VALUES ('small', 1150), ('medium', 1550), ('large', 2050);

INSERT INTO slots (start, ready, drives, pizzas) VALUES
    ('16:00', '4:00 to 4:30 pm', 2, 12), ('16:30', '4:30 to 5:00 pm', 2, 12), ('17:00', '5:00 to 5:30 pm', 2, 12),
    ('17:30', '5:30 to 6:00 pm', 2, 12), ('18:00', '6:00 to 6:30 pm', 3, 16), ('18:30', '6:30 to 7:00 pm', 3, 16),
    ('19:00', '7:00 to 7:30 pm', 3, 16), ('19:30', '7:30 to 8:00 pm', 3, 16), ('20:00', '8:00 to 8:30 pm', 2, 12),
    ('20:30', '8:30 to 9:00 pm', 2, 12), ('21:00', '9:00 to 9:30 pm', 1, 8), ('21:30', '9:30 to 10:00 pm', 1, 8);

INSERT INTO closed (day, start, why) VALUES
    ('2026-07-04', '', 'Independence Day'), ('2026-09-07', '', 'Labor Day'), ('2026-11-26', '', 'Thanksgiving'),
    ('2026-05-10', '17:00', 'Mother''s Day'), ('2026-06-21', '17:00', 'Father''s Day'), ('2026-06-12', '18:00', 'the school''s graduation'),
    ('2026-07-18', '16:00', 'the lake festival'), ('2026-08-15', '18:00', 'the county fair');

INSERT INTO board (order_number, phone_end, what, cents, stage, due) VALUES
    ('TR61046', '0143', 'a large Pepperoni', 2050, 'waiting', '7:00 pm'),
    ('TR61076', '0112', 'two medium Garden', 3100, 'waiting', '7:30 pm'),
    ('TR61106', '0165', 'a small Hawaiian and a lemonade', 1450, 'waiting', '8:00 pm'),
    ('TR61116', '0131', 'three large Margherita', 6150, 'waiting', '8:30 pm'),
    ('TR61136', '0187', 'a medium Meatball', 1550, 'in the oven', '6:20 pm'),
    ('TR61156', '0154', 'a large Garden and a cola', 2350, 'in the oven', '6:30 pm'),
    ('TR61186', '0178', 'two large Pepperoni', 4100, 'on its way', '6:10 pm'),
    ('TR61206', '0109', 'a medium Margherita', 1550, 'on its way', '6:15 pm'),
    ('TR61226', '0126', 'two large Four Mushroom', 4100, 'delivered', '5:30 pm'),
    ('TR61256', '0190', 'a large Hawaiian', 2050, 'delivered', '5:20 pm'),
    ('TR61276', '0138', 'four medium Pepperoni', 6200, 'delivered', '5:00 pm'),
    ('TR61296', '0171', 'a medium Garden and a root beer', 1850, 'delivered', '5:10 pm'),
    ('TR61306', '0149', 'three small Margherita', 3450, 'delivered', '4:40 pm');

INSERT INTO refunds (order_number, cents, why, back_as, day) VALUES ('TR61306', 1000, 'late', 'card', '2026-05-01');
