-- The tour book of the Museum of Salt and Sail. Days are ISO text (2026-09-18), times HH:MM, prices whole euros.

CREATE TABLE themes (
    theme TEXT PRIMARY KEY,             -- the words of the slot theme in agent.yaml
    minutes INTEGER NOT NULL,
    group_price INTEGER NOT NULL,       -- for the whole group, admission included
    story TEXT NOT NULL                 -- one sentence, told when the tour is offered
);

CREATE TABLE guides (                   -- who guides in which language
    guide TEXT NOT NULL,
    language TEXT NOT NULL,             -- the words of the slot language in agent.yaml
    PRIMARY KEY (guide, language)
);

CREATE TABLE starts (                   -- when private tours begin
    kind TEXT NOT NULL CHECK (kind IN ('group', 'school')),
    time TEXT NOT NULL,
    PRIMARY KEY (kind, time)
);

CREATE TABLE closed_days (day TEXT PRIMARY KEY, why TEXT NOT NULL);

CREATE TABLE leave (                    -- a guide who is away
    guide TEXT NOT NULL,
    from_day TEXT NOT NULL,
    to_day TEXT NOT NULL
);

CREATE TABLE bookings (
    booking TEXT PRIMARY KEY,           -- G-1001 a group, S-2001 a school class
    kind TEXT NOT NULL CHECK (kind IN ('group', 'school')),
    theme TEXT NOT NULL REFERENCES themes (theme),
    language TEXT NOT NULL,
    day TEXT NOT NULL,
    time TEXT NOT NULL,
    guide TEXT NOT NULL,
    people INTEGER NOT NULL CHECK (people BETWEEN 1 AND 30),
    contact_name TEXT NOT NULL,         -- of a school class: the teacher
    contact_phone TEXT,                 -- E.164
    contact_email TEXT,
    school TEXT,
    price INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('booked', 'held', 'cancelled'))
);

-- One guide, one group, whatever the tools do.
CREATE UNIQUE INDEX one_group ON bookings (day, time, guide) WHERE status <> 'cancelled';

CREATE TABLE public_tours (             -- the weekly programme anyone may join; weekday as in strftime('%w'), 0 is Sunday
    code TEXT PRIMARY KEY,
    weekday INTEGER NOT NULL,
    time TEXT NOT NULL,
    theme TEXT NOT NULL REFERENCES themes (theme),
    language TEXT NOT NULL,
    places INTEGER NOT NULL
);

CREATE TABLE joined (                   -- who joins which public tour
    number INTEGER PRIMARY KEY,
    code TEXT NOT NULL REFERENCES public_tours (code),
    day TEXT NOT NULL,
    people INTEGER NOT NULL,
    contact_name TEXT NOT NULL
);

CREATE TABLE waiting_list (
    number INTEGER PRIMARY KEY,
    theme TEXT NOT NULL REFERENCES themes (theme),
    language TEXT NOT NULL,
    day TEXT NOT NULL,
    people INTEGER NOT NULL,
    contact_name TEXT NOT NULL
);

CREATE TABLE offers (                   -- what the agent has offered, word for word; a booking takes one of these
    number INTEGER PRIMARY KEY,
    tour TEXT NOT NULL UNIQUE,
    theme TEXT NOT NULL,
    language TEXT NOT NULL,
    day TEXT NOT NULL,
    time TEXT NOT NULL,
    guide TEXT,                         -- of a group tour
    code TEXT,                          -- of a public tour
    people INTEGER
);
