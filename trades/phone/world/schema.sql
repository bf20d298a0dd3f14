-- Brackwell Mobile's contracts. Days are ISO text (2026-06-12), prices pence, data tenths of gigabytes.

CREATE TABLE plans (
    plan TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    gigabytes INTEGER NOT NULL,         -- 9999: no limit
    pence INTEGER NOT NULL              -- each month
);

CREATE TABLE contracts (
    account TEXT PRIMARY KEY,
    passcode TEXT NOT NULL,
    holder TEXT NOT NULL,
    plan TEXT NOT NULL REFERENCES plans (plan),
    pence INTEGER NOT NULL,             -- what this customer pays each month
    used INTEGER NOT NULL,              -- tenths of gigabytes in this month
    ends TEXT NOT NULL,                 -- last day of the minimum term
    sim TEXT NOT NULL DEFAULT 'active' CHECK (sim IN ('active', 'blocked')),
    why TEXT                            -- lost or stolen, where it is blocked
);

CREATE TABLE zones (
    country TEXT PRIMARY KEY,           -- the words of the slot destinations in agent.yaml
    pence INTEGER NOT NULL              -- a day abroad
);

CREATE TABLE ways (                     -- how a SIM can reach a customer, with an example of what each needs
    way TEXT NOT NULL,
    street TEXT,
    email TEXT,
    shop TEXT
);

CREATE TABLE offers (                   -- what was offered for staying, in order
    number INTEGER PRIMARY KEY,
    account TEXT NOT NULL REFERENCES contracts (account),
    pence INTEGER NOT NULL,
    accepted INTEGER NOT NULL
);

CREATE TABLE changes (
    account TEXT NOT NULL REFERENCES contracts (account),
    new_plan TEXT NOT NULL REFERENCES plans (plan),
    changed_on TEXT NOT NULL
);

CREATE TABLE renewals (
    account TEXT PRIMARY KEY REFERENCES contracts (account),
    pence INTEGER NOT NULL,
    renewed_on TEXT NOT NULL
);

CREATE TABLE passes (
    account TEXT NOT NULL REFERENCES contracts (account),
    destinations TEXT NOT NULL,         -- in the order of the alphabet
    starts TEXT NOT NULL,
    ends TEXT NOT NULL,
    pence INTEGER NOT NULL
);

CREATE TABLE sim_orders (
    account TEXT NOT NULL REFERENCES contracts (account),
    way TEXT NOT NULL CHECK (way IN ('post', 'eSIM', 'shop')),
    goes_to TEXT NOT NULL,
    ordered_on TEXT NOT NULL
);
