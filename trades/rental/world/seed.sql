-- Where every trial starts. Refusals by design: more bicycles than there are, closed Mondays, bicycles that others have booked, rentals that have begun.

INSERT INTO models (model, kind, pieces, cents) VALUES
    ('Lys Classic', 'city bike', 14, 1400), ('Lys Step-Through', 'city bike', 12, 1500),
    ('Berge 24', 'touring bike', 12, 2000), ('Berge Light', 'touring bike', 6, 2600),
    ('Courant', 'e-bike', 12, 3400), ('Courant Plus', 'e-bike', 5, 4200),
    ('Petit Lys', 'child bike', 12, 900), ('Duo', 'tandem', 4, 3800);

INSERT INTO extras (extra, cents) VALUES ('helmet', 300), ('child seat', 500), ('panniers', 600), ('trailer', 1200);

INSERT INTO closed (weekday) VALUES (0);

INSERT INTO running (rental, renter_name, model, starts_in, days_left, free_days) VALUES
    ('RL-2044', 'Camille Perrot', 'Berge 24', -2, 1, 9), ('RL-2051', 'Ingrid Solheim', 'Courant', -1, 0, 7),
    ('RL-2063', 'Lotte de Wit', 'Lys Classic', -4, 2, 20), ('RL-2070', 'Tomas Varga', 'Courant Plus', -3, 1, 1),
    ('RL-2082', 'Julie Marchand', 'Duo', 1, -1, 30), ('RL-2095', 'Marco Tarantino', 'Berge Light', 2, -1, 30),
    ('RL-2107', 'Bastien Lenoir', 'Courant', 6, -1, 30), ('RL-2113', 'Aisha Benhaddou', 'Lys Step-Through', 11, -1, 30);

INSERT INTO routes (route, km, hills, way) VALUES
    ('Towpath to Vernay', 18, 0, 'along the river, past four locks'), ('Mills of Saint-Aubin', 32, 0, 'flat, through orchards'),
    ('Corbelle ridge', 41, 1, 'two climbs, and a view of the whole valley'), ('Lys end to end', 74, 0, 'the whole towpath, back by train'),
    ('Morvan loop', 58, 1, 'three climbs, with a bathing lake');
