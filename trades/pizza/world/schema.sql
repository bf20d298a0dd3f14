-- The kitchen's book and its screen. Days are ISO text, times 18:30, money whole cents, phone numbers E.164.

CREATE TABLE areas (                    -- where the drivers go
    zip TEXT PRIMARY KEY,
    fee INTEGER NOT NULL,
    least INTEGER NOT NULL              -- an order for less is not driven there
);

CREATE TABLE prices (
    size TEXT PRIMARY KEY,              -- the words of the slot size in agent.yaml
    cents INTEGER NOT NULL
);

CREATE TABLE slots (                    -- the half hours in which the oven works, and what it and the drivers can take
    start TEXT PRIMARY KEY,
    ready TEXT NOT NULL,                -- as guests read it
    drives INTEGER NOT NULL,
    pizzas INTEGER NOT NULL
);

CREATE TABLE closed (                   -- a day without a start is closed, one with it is full from then on
    day TEXT NOT NULL,
    start TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL
);

CREATE TABLE offers (                   -- windows that were offered, word for word; only those can be ordered for
    window TEXT PRIMARY KEY,
    zip TEXT NOT NULL REFERENCES areas (zip),
    day TEXT NOT NULL,
    start TEXT NOT NULL REFERENCES slots (start)
);

CREATE TABLE orders (                   -- what this chat has ordered
    order_number TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('delivery', 'collection')),
    day TEXT NOT NULL,
    start TEXT NOT NULL REFERENCES slots (start),
    ready TEXT NOT NULL,
    pizzas TEXT NOT NULL,               -- in the order of the alphabet: Garden, Pepperoni
    size TEXT NOT NULL REFERENCES prices (size),
    drinks TEXT NOT NULL,
    cents INTEGER NOT NULL,
    zip TEXT,
    street TEXT,
    phone TEXT,
    note TEXT,
    guest_name TEXT
);

CREATE TABLE board (                    -- the screen above the oven: orders of today, whichever day it is
    order_number TEXT PRIMARY KEY,
    phone_end TEXT NOT NULL,
    what TEXT NOT NULL,
    cents INTEGER NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('waiting', 'in the oven', 'on its way', 'delivered')),
    due TEXT NOT NULL
);

CREATE TABLE opened (                   -- orders that were shown to somebody who knows number and digits
    order_number TEXT PRIMARY KEY REFERENCES board (order_number)
);

CREATE TABLE bargains (                 -- what was offered for a complaint and stands
    order_number TEXT PRIMARY KEY REFERENCES board (order_number),
    problem TEXT NOT NULL,
    cents INTEGER NOT NULL
);

CREATE TABLE refunds (
    order_number TEXT PRIMARY KEY REFERENCES board (order_number),
    cents INTEGER NOT NULL CHECK (cents > 0),
    why TEXT NOT NULL,
    back_as TEXT NOT NULL CHECK (back_as IN ('card', 'credit')),
    day TEXT NOT NULL
);
