-- The practice's book. Days are ISO text (2026-06-12), prices whole euros, minutes whole minutes.

CREATE TABLE treatments (
    treatment TEXT PRIMARY KEY,         -- the words of the slot treatment in agent.yaml
    price INTEGER NOT NULL,             -- the least it costs
    minutes INTEGER NOT NULL
);

CREATE TABLE dentists (
    dentist TEXT PRIMARY KEY,           -- the words of the slot dentist in agent.yaml
    day_off INTEGER                     -- 0 Monday ... 4 Friday; closed on Saturdays and Sundays
);

CREATE TABLE does (                     -- who treats what
    dentist TEXT NOT NULL REFERENCES dentists (dentist),
    treatment TEXT NOT NULL REFERENCES treatments (treatment),
    PRIMARY KEY (dentist, treatment)
);

CREATE TABLE hours (
    time TEXT PRIMARY KEY,
    part_of_day TEXT NOT NULL CHECK (part_of_day IN ('morning', 'afternoon'))
);

CREATE TABLE closed (                   -- days on which nobody works, holidays and training
    day TEXT PRIMARY KEY,
    why TEXT NOT NULL
);

CREATE TABLE patients (
    patient_number TEXT PRIMARY KEY,
    birth_date TEXT,                    -- none before the desk has handed the card over
    patient_name TEXT NOT NULL,
    phone TEXT NOT NULL UNIQUE,         -- E.164
    blocked INTEGER NOT NULL DEFAULT 0  -- an open bill or two missed visits: a colleague has to speak with them
);

CREATE TABLE appointments (
    number INTEGER PRIMARY KEY,
    patient_name TEXT NOT NULL,
    treatment TEXT NOT NULL REFERENCES treatments (treatment),
    dentist TEXT NOT NULL REFERENCES dentists (dentist),
    day TEXT NOT NULL,
    time TEXT NOT NULL REFERENCES hours (time),
    status TEXT NOT NULL CHECK (status IN ('booked', 'cancelled'))
);

-- One patient at a time, whatever the tools do.
CREATE UNIQUE INDEX one_chair ON appointments (dentist, day, time) WHERE status = 'booked';

CREATE TABLE offers (                   -- what was offered, word for word; only that can be booked or moved to
    number INTEGER PRIMARY KEY,
    offer TEXT NOT NULL UNIQUE,
    treatment TEXT NOT NULL,
    dentist TEXT NOT NULL,
    day TEXT NOT NULL,
    time TEXT NOT NULL
);

CREATE TABLE listed (                   -- appointments shown after number and date of birth were right; only these can be changed
    visit TEXT PRIMARY KEY,
    number INTEGER NOT NULL REFERENCES appointments (number)
);

CREATE TABLE alerts (                   -- the duty nurse's screen: each row rings
    number INTEGER PRIMARY KEY,
    complaint TEXT NOT NULL,            -- several in the order of the alphabet: bleeding, swelling
    pain INTEGER,                       -- 0 to 10, where it was said
    day TEXT NOT NULL
);
