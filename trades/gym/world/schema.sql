-- The gym's books. Days are ISO text, times as people read them, money whole cents, phone numbers E.164.

CREATE TABLE members (
    member_number TEXT PRIMARY KEY,
    birth_date TEXT NOT NULL,
    member_name TEXT NOT NULL,
    fee INTEGER NOT NULL,               -- a week
    least INTEGER NOT NULL,             -- what the house would still take from this member
    owes INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE timetable (                -- classes by weekday, 0 is Monday
    number INTEGER PRIMARY KEY,
    activity TEXT NOT NULL,             -- the words of the slot activity in agent.yaml
    weekday INTEGER NOT NULL,
    hour TEXT NOT NULL,                 -- 18:30
    start TEXT NOT NULL,                -- 6:30 pm
    coach TEXT NOT NULL
);

CREATE TABLE closed (day TEXT PRIMARY KEY, why TEXT NOT NULL);

CREATE TABLE no_class (                 -- full, or the coach is away
    day TEXT NOT NULL,
    activity TEXT NOT NULL
);

CREATE TABLE offers (                   -- places that were offered, word for word; only those can be booked
    spot TEXT PRIMARY KEY,
    number INTEGER NOT NULL REFERENCES timetable (number),
    day TEXT NOT NULL
);

CREATE TABLE bookings (
    member_number TEXT NOT NULL REFERENCES members (member_number),
    activity TEXT NOT NULL,
    day TEXT NOT NULL,
    start TEXT NOT NULL,
    UNIQUE (member_number, day, start)  -- nobody trains twice at a time
);

CREATE TABLE courses (
    number INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    start TEXT NOT NULL,
    place TEXT NOT NULL,
    refund INTEGER NOT NULL             -- what comes back of the course fee
);

CREATE TABLE places (                   -- who is in which course
    member_number TEXT NOT NULL REFERENCES members (member_number),
    number INTEGER NOT NULL REFERENCES courses (number),
    left_on TEXT,
    PRIMARY KEY (member_number, number)
);

CREATE TABLE pauses (
    member_number TEXT PRIMARY KEY REFERENCES members (member_number),
    pause_from TEXT NOT NULL,
    pause_until TEXT NOT NULL,
    why TEXT NOT NULL,
    cents INTEGER NOT NULL
);

CREATE TABLE fee_offers (               -- what was agreed on and not set yet
    member_number TEXT PRIMARY KEY REFERENCES members (member_number),
    fee INTEGER NOT NULL
);

CREATE TABLE trials (
    guest_name TEXT NOT NULL,
    day TEXT NOT NULL,
    years INTEGER NOT NULL,
    weekly_hours REAL NOT NULL,
    interests TEXT NOT NULL,            -- in the order of the alphabet
    phone TEXT,
    email TEXT
);
