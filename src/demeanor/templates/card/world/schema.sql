-- The card desk's database. Days are ISO text (2026-06-12), amounts whole pence.

CREATE TABLE phones (                    -- who can be verified in the chat
    customer_number TEXT PRIMARY KEY,    -- PB41022
    full_name TEXT NOT NULL,
    phone_ending TEXT NOT NULL,          -- last two digits
    next_code TEXT NOT NULL,             -- what the phone will show: stands for the text message that is sent
    locked INTEGER NOT NULL              -- 1: the fraud team is working on it, nothing is done in the chat
);

CREATE TABLE cards (
    ending TEXT PRIMARY KEY,
    customer_number TEXT NOT NULL REFERENCES phones (customer_number),
    kind TEXT NOT NULL CHECK (kind IN ('debit', 'credit', 'savings')),
    status TEXT NOT NULL CHECK (status IN ('active', 'blocked')),
    blocked_on TEXT,
    why TEXT                             -- the words of the slot what_happened in agent.yaml
);

CREATE TABLE payments (
    payment TEXT PRIMARY KEY,            -- pay-101
    ending TEXT NOT NULL REFERENCES cards (ending),
    day TEXT NOT NULL,
    shop TEXT NOT NULL,
    cents INTEGER NOT NULL
);

CREATE TABLE disputes (
    reference TEXT PRIMARY KEY,          -- D-301
    payment TEXT NOT NULL UNIQUE REFERENCES payments (payment),
    opened TEXT NOT NULL,
    card_is TEXT NOT NULL,               -- the words of the slot card_is in agent.yaml
    call_back_on TEXT NOT NULL           -- +447700900142
);
