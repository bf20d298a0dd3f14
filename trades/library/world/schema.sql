-- Wattlebrook Library. Days are ISO text (2026-06-12), money cents, phone numbers E.164.

CREATE TABLE members (
    card TEXT PRIMARY KEY,
    pin TEXT NOT NULL,
    reader_name TEXT NOT NULL,
    cents INTEGER NOT NULL DEFAULT 0,   -- what is owed
    owed_for TEXT NOT NULL DEFAULT ''
);

CREATE TABLE titles (
    title TEXT PRIMARY KEY,
    author TEXT NOT NULL
);

CREATE TABLE copies (
    copy TEXT PRIMARY KEY,
    title TEXT NOT NULL REFERENCES titles (title),
    branch TEXT NOT NULL,
    days_away INTEGER NOT NULL,         -- 0: on the shelf; else days until it is due back, counted down each night
    waiting INTEGER NOT NULL            -- readers who wait for it
);

CREATE TABLE loans (
    item TEXT PRIMARY KEY,
    card TEXT NOT NULL REFERENCES members (card),
    title TEXT NOT NULL,
    days_left INTEGER NOT NULL,         -- until it is due, counted down each night; below 0 it is late
    renewed INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0, -- readers who wait for it
    renewed_on TEXT
);

CREATE TABLE reservations (
    card TEXT NOT NULL REFERENCES members (card),
    copy TEXT NOT NULL REFERENCES copies (copy),
    reserved_on TEXT NOT NULL,
    PRIMARY KEY (card, copy)
);

CREATE TABLE rooms (
    room TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    seats INTEGER NOT NULL,
    has TEXT NOT NULL
);

CREATE TABLE room_bookings (
    room TEXT NOT NULL REFERENCES rooms (room),
    day TEXT NOT NULL,
    starts TEXT NOT NULL,               -- 14:30
    minutes INTEGER NOT NULL,
    reader_name TEXT NOT NULL
);

CREATE TABLE payments (
    card TEXT NOT NULL REFERENCES members (card),
    cents INTEGER NOT NULL CHECK (cents > 0),
    paid_on TEXT NOT NULL
);

CREATE TABLE applications (
    number INTEGER PRIMARY KEY,
    reader_name TEXT NOT NULL,
    home TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT,
    child INTEGER NOT NULL,
    guardian TEXT,
    applied_on TEXT NOT NULL,
    CHECK (child = 0 OR guardian IS NOT NULL)
);
