-- Prairie Star Mutual. Days are ISO text (2026-06-12), premiums cents a month, deductibles whole dollars, phone numbers E.164.

CREATE TABLE policies (
    policy TEXT PRIMARY KEY,
    birth_date TEXT NOT NULL,
    holder TEXT NOT NULL,
    car TEXT NOT NULL,
    deductible INTEGER NOT NULL,
    cents INTEGER NOT NULL,             -- premium with a deductible of 500 dollars
    roadside INTEGER NOT NULL           -- 1: roadside help is included
);

CREATE TABLE deductibles (
    dollars INTEGER PRIMARY KEY,
    factor REAL NOT NULL                -- of the premium
);

CREATE TABLE rates (
    zip TEXT PRIMARY KEY,
    liability INTEGER NOT NULL,         -- cents a month
    full_coverage INTEGER NOT NULL
);

CREATE TABLE accounts (                 -- what callers tell of an accident, for tests
    days INTEGER NOT NULL,
    clock TEXT,
    hurt INTEGER NOT NULL,
    report TEXT,
    place TEXT NOT NULL,
    street TEXT NOT NULL,
    riders INTEGER NOT NULL,
    phone TEXT NOT NULL,
    texts INTEGER NOT NULL
);

CREATE TABLE claims (
    claim TEXT PRIMARY KEY,
    policy TEXT NOT NULL REFERENCES policies (policy),
    kind TEXT NOT NULL,
    day TEXT NOT NULL,
    clock TEXT,
    place TEXT NOT NULL,
    hurt INTEGER NOT NULL,
    report TEXT,
    phone TEXT NOT NULL,
    texts INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'photos missing', 'with the adjuster', 'paid')),
    paid INTEGER,                       -- dollars
    opened TEXT NOT NULL
);

CREATE TABLE changes (
    policy TEXT NOT NULL REFERENCES policies (policy),
    dollars INTEGER NOT NULL REFERENCES deductibles (dollars),
    changed_on TEXT NOT NULL
);

CREATE TABLE drivers (
    policy TEXT NOT NULL REFERENCES policies (policy),
    driver_name TEXT NOT NULL,
    age INTEGER NOT NULL,
    cents INTEGER NOT NULL,             -- a month on top
    state TEXT NOT NULL CHECK (state IN ('insured', 'in review')),
    PRIMARY KEY (policy, driver_name)
);

CREATE TABLE dispatches (
    policy TEXT NOT NULL REFERENCES policies (policy),
    trouble TEXT NOT NULL,
    spare INTEGER,
    street TEXT NOT NULL,
    riders INTEGER NOT NULL,
    phone TEXT NOT NULL,
    texts INTEGER NOT NULL,
    sent_on TEXT NOT NULL
);
