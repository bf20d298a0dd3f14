-- What the game knows of its travellers. Who has brought the chapel bell back is a friend of the house.

CREATE TABLE travellers (
    name TEXT PRIMARY KEY,
    standing TEXT NOT NULL CHECK (standing IN ('stranger', 'friend'))
);
