-- The town's books. Days are ISO text, times 08:20, money whole cents, phone numbers E.164.

CREATE TABLE hours (                    -- when desks see people; 0 is Monday
    weekday INTEGER NOT NULL,
    time TEXT NOT NULL,
    desk INTEGER NOT NULL,
    PRIMARY KEY (weekday, time, desk)
);

CREATE TABLE closed (
    day TEXT PRIMARY KEY,
    why TEXT NOT NULL
);

CREATE TABLE offers (                   -- times that were offered, word for word; only those can be booked
    slot TEXT PRIMARY KEY,
    matter TEXT NOT NULL,               -- the words of the slot matter in agent.yaml
    persons INTEGER NOT NULL,
    day TEXT NOT NULL,
    time TEXT NOT NULL,
    desk INTEGER NOT NULL
);

CREATE TABLE appointments (
    number INTEGER PRIMARY KEY,
    matter TEXT NOT NULL,
    persons INTEGER NOT NULL,
    day TEXT NOT NULL,
    time TEXT NOT NULL,
    desk INTEGER NOT NULL,
    citizen_name TEXT NOT NULL,
    UNIQUE (day, time, desk)            -- one appointment at a desk, whatever the tools do
);

CREATE TABLE citizens (
    file_number TEXT PRIMARY KEY,
    letter_code TEXT NOT NULL,          -- from the letter with which the town opened the file
    citizen_name TEXT NOT NULL
);

-- NOT YET: a list of records: this would be a table movers (file_number, name, born, id_number).
CREATE TABLE moves (
    file_number TEXT PRIMARY KEY REFERENCES citizens (file_number),
    moved_on TEXT NOT NULL,
    new_address TEXT NOT NULL,
    movers TEXT NOT NULL,               -- in the order of the alphabet
    landlord_paper TEXT NOT NULL,
    late INTEGER NOT NULL,
    registered TEXT NOT NULL
);

CREATE TABLE dogs (
    tag INTEGER PRIMARY KEY,
    dog_name TEXT NOT NULL,
    kept_since TEXT NOT NULL,
    weight REAL NOT NULL,
    chipped INTEGER NOT NULL,
    citizen_name TEXT NOT NULL,
    phone TEXT NOT NULL,
    tax INTEGER NOT NULL                -- euros a year
);

CREATE TABLE notices (
    notice_number TEXT PRIMARY KEY,
    what TEXT NOT NULL,
    cents INTEGER NOT NULL,
    least INTEGER NOT NULL,             -- cents a month that the treasury still takes
    paid INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE plans (
    notice_number TEXT PRIMARY KEY REFERENCES notices (notice_number),
    cents INTEGER NOT NULL,
    months INTEGER NOT NULL,
    begins TEXT NOT NULL
);

CREATE TABLE applications (
    application TEXT PRIMARY KEY,
    what TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('received', 'in work', 'ready', 'missing', 'handed out')),
    lacks TEXT
);
