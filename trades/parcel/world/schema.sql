-- Larkpost's database. Days are ISO text (2026-06-12), fees whole euros, amounts cents, phone numbers E.164.

CREATE TABLE pickup_points (
    code TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    street TEXT NOT NULL,
    area TEXT NOT NULL,                 -- the first two digits of the postcodes around it
    open_until TEXT NOT NULL,
    closed TEXT NOT NULL,               -- weekdays as digits, 0 is Sunday
    free INTEGER NOT NULL CHECK (free >= 0)
);

CREATE TABLE parcels (
    parcel_number TEXT PRIMARY KEY,
    recipient TEXT NOT NULL,
    postcode TEXT NOT NULL,
    size TEXT NOT NULL CHECK (size IN ('S', 'M', 'L', 'XL')),
    signature INTEGER NOT NULL,         -- 1: only the recipient in person
    state TEXT NOT NULL CHECK (state IN ('moving', 'customs', 'returned')),
    customs_fee INTEGER,
    planned_day TEXT NOT NULL,
    delivered_day TEXT,                 -- from this day on it is delivered
    place TEXT NOT NULL,                -- where it was last seen, or where it was left
    changed INTEGER NOT NULL DEFAULT 0, -- 1: its delivery has been changed; once is the limit
    pickup_code TEXT REFERENCES pickup_points (code),
    spot TEXT,
    neighbour TEXT,
    note TEXT                           -- what the courier should know
);

-- NOT YET: lists of records, each item with its amount: this would be a table claim_items (claim_number, item, pieces, cents).
--
-- CREATE TABLE claim_items (claim_number TEXT, item TEXT, pieces INTEGER, cents INTEGER);
CREATE TABLE claims (
    claim_number TEXT PRIMARY KEY,
    parcel_number TEXT NOT NULL UNIQUE REFERENCES parcels (parcel_number),
    problem TEXT NOT NULL CHECK (problem IN ('damaged', 'missing')),
    items TEXT NOT NULL,
    cents INTEGER NOT NULL CHECK (cents BETWEEN 100 AND 50000),
    phone TEXT,
    email TEXT,
    opened TEXT NOT NULL
);

CREATE TABLE offers (                   -- pickup points the agent has offered, word for word
    number INTEGER PRIMARY KEY,
    pickup_point TEXT NOT NULL UNIQUE,
    parcel_number TEXT NOT NULL REFERENCES parcels (parcel_number),
    code TEXT NOT NULL REFERENCES pickup_points (code),
    new_day TEXT NOT NULL,
    place TEXT NOT NULL
);
