-- The hotels' database. Money is in whole euros, days are ISO text (2026-06-12).

CREATE TABLE hotels (
    id TEXT PRIMARY KEY,                -- the words of the slot hotel in agent.yaml
    name TEXT NOT NULL
);

CREATE TABLE capacities (
    room TEXT PRIMARY KEY,              -- the words of the slot room_type
    capacity INTEGER NOT NULL           -- guests at most
);

CREATE TABLE rooms (
    number INTEGER PRIMARY KEY,
    hotel TEXT NOT NULL REFERENCES hotels (id),
    room TEXT NOT NULL REFERENCES capacities (room),
    view TEXT NOT NULL
);

CREATE TABLE seasons (
    season TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL
);

CREATE TABLE rates (                    -- one night in euros; the day of arrival decides for the whole stay
    hotel TEXT NOT NULL REFERENCES hotels (id),
    room TEXT NOT NULL REFERENCES capacities (room),
    view TEXT NOT NULL,
    season TEXT NOT NULL,
    weekday INTEGER NOT NULL,
    weekend INTEGER NOT NULL,           -- arrival on a Friday or Saturday
    PRIMARY KEY (hotel, room, view, season)
);

CREATE TABLE bookings (
    reference TEXT PRIMARY KEY,
    hotel TEXT NOT NULL REFERENCES hotels (id),
    room TEXT NOT NULL REFERENCES capacities (room),
    view TEXT NOT NULL,
    room_number INTEGER NOT NULL REFERENCES rooms (number),
    check_in TEXT NOT NULL,
    check_out TEXT NOT NULL,
    guests INTEGER NOT NULL,
    guest_name TEXT NOT NULL,
    total INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('confirmed', 'cancelled')),
    refund INTEGER,                     -- euros given back, once cancelled
    CHECK (check_out > check_in)
);

CREATE TABLE nights (                   -- who sleeps where: the key makes double booking impossible
    room_number INTEGER NOT NULL REFERENCES rooms (number),
    night TEXT NOT NULL,
    reference TEXT NOT NULL REFERENCES bookings (reference),
    PRIMARY KEY (room_number, night)
);

CREATE TABLE offers (                   -- what the agent has offered, word for word; book_room books one of these
    number INTEGER PRIMARY KEY,
    offer TEXT NOT NULL UNIQUE,
    hotel TEXT NOT NULL REFERENCES hotels (id),
    room TEXT NOT NULL REFERENCES capacities (room),
    view TEXT NOT NULL,
    check_in TEXT NOT NULL,
    check_out TEXT NOT NULL,
    guests INTEGER NOT NULL,
    total INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'booked'))
);
