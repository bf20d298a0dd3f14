-- The card desk's database. Days are ISO text (2026-06-12), amounts whole cents.

CREATE TABLE customers (
    customer_number TEXT PRIMARY KEY,   -- LM-20418
    full_name TEXT NOT NULL,
    town TEXT NOT NULL                  -- where cards are posted; the full address is not this agent's to see
);

CREATE TABLE phones (                   -- where one-time codes go; a customer without a row has no phone on file
    customer_number TEXT PRIMARY KEY REFERENCES customers (customer_number),
    ending TEXT NOT NULL,               -- last two digits of the mobile number
    next_code TEXT NOT NULL             -- what the phone will show: stands for the text message that is sent
);

CREATE TABLE cards (
    card TEXT PRIMARY KEY,              -- card-4417
    customer_number TEXT NOT NULL REFERENCES customers (customer_number),
    kind TEXT NOT NULL CHECK (kind IN ('debit card', 'credit card')),
    ending TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'frozen', 'closed'))
);

CREATE TABLE replacements (             -- new cards on their way
    card TEXT PRIMARY KEY REFERENCES cards (card),
    ordered TEXT NOT NULL,
    arrives TEXT NOT NULL,
    service TEXT NOT NULL CHECK (service IN ('standard post', 'courier')),
    fee INTEGER NOT NULL,               -- cents
    reason TEXT NOT NULL
);

CREATE TABLE payments (
    payment TEXT PRIMARY KEY,           -- pay-101
    card TEXT NOT NULL REFERENCES cards (card),
    day TEXT NOT NULL,
    merchant TEXT NOT NULL,
    amount INTEGER NOT NULL,            -- cents
    status TEXT NOT NULL CHECK (status IN ('booked', 'pending'))
);

CREATE TABLE disputes (
    reference TEXT PRIMARY KEY,         -- DS-301
    payment TEXT NOT NULL UNIQUE REFERENCES payments (payment),
    opened TEXT NOT NULL,
    team TEXT NOT NULL,
    call_back_on TEXT                   -- E.164
);

CREATE TABLE identity (                 -- the check of this conversation, and locks left by earlier ones
    customer_number TEXT PRIMARY KEY REFERENCES customers (customer_number),
    wrong_tries INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('code sent', 'verified', 'locked'))
);

CREATE TABLE fraud_cases (              -- what the fraud team finds on its desk
    number INTEGER PRIMARY KEY,
    customer_number TEXT NOT NULL REFERENCES customers (customer_number),
    opened TEXT NOT NULL,
    why TEXT NOT NULL
);

CREATE TABLE delivery_offers (          -- what the agent has offered, word for word; order_replacement orders one of these
    number INTEGER PRIMARY KEY,
    offer TEXT NOT NULL UNIQUE,
    card TEXT NOT NULL REFERENCES cards (card),
    reason TEXT NOT NULL,
    service TEXT NOT NULL,
    arrives TEXT NOT NULL,
    fee INTEGER NOT NULL
);
