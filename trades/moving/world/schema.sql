-- The books of Kettle & Crate. Days are ISO text (2026-06-25), money whole euros.

CREATE TABLE towns (                    -- where we drive; an address names one of them
    town TEXT PRIMARY KEY,
    kilometres INTEGER NOT NULL         -- from the depot in Aldermere
);

CREATE TABLE rates (                    -- what a home of so many rooms costs before kilometres and stairs
    rooms INTEGER PRIMARY KEY,
    movers INTEGER NOT NULL,
    price INTEGER NOT NULL
);

CREATE TABLE special_items (            -- what needs more hands; no surcharge: we do not carry it
    item TEXT PRIMARY KEY,
    surcharge INTEGER
);

CREATE TABLE vans (                     -- one move for a van and a start
    van TEXT NOT NULL,
    start TEXT NOT NULL,
    most_rooms INTEGER NOT NULL,
    percent INTEGER NOT NULL,           -- of the price: afternoons are cheaper
    PRIMARY KEY (van, start)
);

CREATE TABLE moves (
    move_number TEXT PRIMARY KEY,
    pin TEXT NOT NULL,                  -- on the quote, proves who is asking
    customer_name TEXT NOT NULL,
    phone TEXT,                         -- E.164; none of moves booked before we asked for it
    from_address TEXT NOT NULL,
    to_address TEXT NOT NULL,
    rooms INTEGER NOT NULL,
    stairs INTEGER NOT NULL,
    day TEXT NOT NULL,
    start TEXT NOT NULL,
    van TEXT NOT NULL,
    price INTEGER NOT NULL,
    fee INTEGER NOT NULL DEFAULT 0,     -- of changes and of cancelling
    status TEXT NOT NULL CHECK (status IN ('booked', 'cancelled'))     -- booked and its day past: done
);

-- One van cannot be in two places, whatever the tools do.
CREATE UNIQUE INDEX one_van ON moves (day, start, van) WHERE status = 'booked';

CREATE TABLE offers (                   -- what the agent has offered, word for word; book_move books one of these
    number INTEGER PRIMARY KEY,
    offer TEXT NOT NULL UNIQUE,
    from_address TEXT NOT NULL,
    to_address TEXT NOT NULL,
    rooms INTEGER NOT NULL,
    stairs INTEGER NOT NULL,
    day TEXT NOT NULL,
    start TEXT NOT NULL,
    van TEXT NOT NULL,
    price INTEGER NOT NULL,
    asked INTEGER NOT NULL              -- the lower price that the customer had asked for; 0: none
);

CREATE TABLE materials (
    material TEXT PRIMARY KEY,          -- the words of the slot material in agent.yaml
    price INTEGER NOT NULL,             -- of one
    stock INTEGER NOT NULL
);

CREATE TABLE orders (
    number INTEGER PRIMARY KEY,
    move_number TEXT NOT NULL REFERENCES moves (move_number),
    material TEXT NOT NULL REFERENCES materials (material),
    quantity INTEGER NOT NULL,
    price INTEGER NOT NULL,
    delivery TEXT NOT NULL
);

CREATE TABLE claims (                   -- damage, waiting for the claims desk
    claim TEXT PRIMARY KEY,
    move_number TEXT NOT NULL REFERENCES moves (move_number),
    damage TEXT NOT NULL,
    reported TEXT NOT NULL
);
