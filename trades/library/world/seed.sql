-- Where every trial starts. Refusals by design: books renewed twice, books that others wait for, rooms that are full, Sundays.

INSERT INTO members (card, pin, reader_name, cents, owed_for) VALUES
    ('WB-20415', '3058', 'Helen Petrakis', 740, 'two books, 8 and 4 days late'),
    ('WB-20431', '6629', 'David Nguyen', 0, ''),
    ('WB-20452', '1174', 'Carla Whitfield', 2350, 'a lost magazine and a late film'),
    ('WB-20468', '9083', 'Joe Castellano', 320, 'one book, 8 days late'),
    ('WB-20477', '4415', 'Leanne Marsh', 0, '');

INSERT INTO titles (title, author) VALUES
    ('The Salt Road', 'Imre Halloran'), ('A Field Guide to Frogs', 'Dell Ashcombe'), ('Nine Lanterns', 'Yuki Arden'),
    ('The Clockmaker', 'Rosa Whitlam'), ('Bread for Beginners', 'Col Hartigan'), ('Tides of Copper', 'Imre Halloran');

INSERT INTO copies (copy, title, branch, days_away, waiting) VALUES
    ('c-11', 'The Salt Road', 'Wattlebrook', 0, 0), ('c-12', 'The Salt Road', 'Mullaby', 9, 2),
    ('c-13', 'A Field Guide to Frogs', 'Wattlebrook', 0, 0), ('c-14', 'A Field Guide to Frogs', 'the Bookbus', 0, 0),
    ('c-15', 'Nine Lanterns', 'Mullaby', 4, 0), ('c-16', 'Nine Lanterns', 'Wattlebrook', 17, 3),
    ('c-17', 'The Clockmaker', 'Mullaby', 0, 0), ('c-18', 'Bread for Beginners', 'Wattlebrook', 0, 0),
    ('c-19', 'Bread for Beginners', 'Mullaby', 12, 0), ('c-20', 'Tides of Copper', 'the Bookbus', 6, 1);

INSERT INTO loans (item, card, title, days_left, renewed, waiting) VALUES
    ('L-1042', 'WB-20415', 'The Orchard Thieves', 3, 0, 0), ('L-1077', 'WB-20415', 'Knots and Splices', -2, 1, 0),
    ('L-1093', 'WB-20415', 'Winter Bees', 11, 2, 0),
    ('L-1105', 'WB-20431', 'Learn to Draw Horses', 6, 0, 0), ('L-1118', 'WB-20431', 'A Short History of Tea', 6, 0, 0),
    ('L-1124', 'WB-20452', 'Harbour Lights', 1, 0, 0), ('L-1139', 'WB-20452', 'The Mapmakers', 14, 0, 2),
    ('L-1140', 'WB-20468', 'Fixing Old Clocks', 2, 1, 0), ('L-1151', 'WB-20477', 'Stars Over Eyre', 8, 0, 0),
    ('L-1166', 'WB-20477', 'Cooking with Lemon Myrtle', 8, 0, 0), ('L-1172', 'WB-20477', 'The Blue Canoe', 19, 0, 0);

INSERT INTO rooms (room, name, seats, has) VALUES
    ('r-1', 'Wren Room', 3, 'a whiteboard'), ('r-2', 'Banksia Room', 6, 'a screen'), ('r-3', 'Reading Loft', 10, 'a screen and a whiteboard');

INSERT INTO room_bookings (room, day, starts, minutes, reader_name) VALUES
    ('r-1', '2026-06-11', '10:00', 120, 'Ana Ruddock'), ('r-2', '2026-06-11', '09:30', 120, 'Chess Club'), ('r-3', '2026-06-11', '10:00', 120, 'Book Circle'),
    ('r-3', '2026-07-16', '14:00', 120, 'Book Circle'), ('r-3', '2026-08-13', '14:00', 120, 'Book Circle'), ('r-2', '2026-08-05', '15:00', 60, 'Chess Club');
