-- The box office's books. Days are ISO text, money whole pence, mail addresses in small letters, phone numbers E.164.

CREATE TABLE shows (                    -- what is on, on which weekdays; 0 is Monday
    number INTEGER PRIMARY KEY,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,                 -- the words of the slot kind in agent.yaml
    weekdays TEXT NOT NULL,
    start TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL
);

CREATE TABLE prices (
    number INTEGER NOT NULL REFERENCES shows (number),
    area TEXT NOT NULL,
    pence INTEGER NOT NULL,
    PRIMARY KEY (number, area)
);

CREATE TABLE sold_out (                 -- evenings on which nothing is left
    day TEXT NOT NULL,
    number INTEGER NOT NULL REFERENCES shows (number)
);

CREATE TABLE offers (                   -- what was offered, word for word; only that can be bought
    show TEXT PRIMARY KEY,
    number INTEGER NOT NULL REFERENCES shows (number),
    day TEXT NOT NULL,
    area TEXT NOT NULL,
    seats INTEGER NOT NULL,
    pence INTEGER NOT NULL
);

CREATE TABLE bookings (                 -- what this chat has sold
    booking_code TEXT PRIMARY KEY,
    number INTEGER NOT NULL REFERENCES shows (number),
    day TEXT NOT NULL,
    area TEXT NOT NULL,
    seats INTEGER NOT NULL,
    pence INTEGER NOT NULL,
    buyer_name TEXT NOT NULL,
    email TEXT NOT NULL,
    bought TEXT NOT NULL
);

CREATE TABLE owned (                    -- bookings of earlier days; some are so many days from whichever day it is
    booking_code TEXT PRIMARY KEY,
    mobile TEXT NOT NULL,
    title TEXT NOT NULL,
    day TEXT,
    in_days INTEGER,
    pence INTEGER NOT NULL              -- a seat
);

CREATE TABLE seats (
    booking_code TEXT NOT NULL REFERENCES owned (booking_code),
    seat TEXT NOT NULL,
    back TEXT CHECK (back IN ('refund', 'voucher')),
    holder TEXT,
    holder_mail TEXT,
    PRIMARY KEY (booking_code, seat)
);

CREATE TABLE opened (                   -- bookings that were shown to somebody who knows code and mobile number
    booking_code TEXT PRIMARY KEY REFERENCES owned (booking_code)
);

CREATE TABLE orders (                   -- orders of the last weeks, so many days ago
    number INTEGER PRIMARY KEY,
    email TEXT NOT NULL,
    days_ago INTEGER NOT NULL,
    what TEXT NOT NULL
);

CREATE TABLE sent (                     -- tickets that went out once more
    number INTEGER PRIMARY KEY REFERENCES orders (number),
    day TEXT NOT NULL
);
