-- The workshop's database. Days are ISO text (2026-06-12), prices whole euros.

CREATE TABLE services (
    service TEXT PRIMARY KEY,           -- the words of the slot service in agent.yaml
    price INTEGER NOT NULL
);

CREATE TABLE hours (                    -- when a mechanic can take a bike, Monday to Saturday
    time TEXT NOT NULL,
    mechanic TEXT NOT NULL,
    PRIMARY KEY (time, mechanic)
);

CREATE TABLE repairs (
    ticket TEXT PRIMARY KEY,
    service TEXT NOT NULL REFERENCES services (service),
    day TEXT NOT NULL,
    time TEXT NOT NULL,
    mechanic TEXT NOT NULL,
    customer_name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('booked', 'cancelled'))
);

-- One bike at a time, whatever the tools do.
CREATE UNIQUE INDEX one_bike ON repairs (day, time, mechanic) WHERE status = 'booked';

CREATE TABLE offers (                   -- what the agent has offered, word for word; book_repair books one of these
    number INTEGER PRIMARY KEY,
    appointment TEXT NOT NULL UNIQUE,
    service TEXT NOT NULL REFERENCES services (service),
    day TEXT NOT NULL,
    time TEXT NOT NULL,
    mechanic TEXT NOT NULL
);
