-- Roue Libre. Days are ISO text (2026-06-12), prices cents, phone numbers E.164. What runs is counted in days from today, each night anew.

CREATE TABLE models (
    model TEXT PRIMARY KEY,
    kind TEXT NOT NULL,                 -- the words of the slot kind in agent.yaml
    pieces INTEGER NOT NULL,
    cents INTEGER NOT NULL              -- each bicycle and day
);

CREATE TABLE extras (
    extra TEXT PRIMARY KEY,
    cents INTEGER NOT NULL              -- for the whole rental
);

CREATE TABLE closed (
    weekday INTEGER PRIMARY KEY         -- 0 Monday ... 6 Sunday: nothing is handed out
);

CREATE TABLE rentals (
    number INTEGER PRIMARY KEY,
    model TEXT NOT NULL REFERENCES models (model),
    kind TEXT NOT NULL,
    bikes INTEGER NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    pickup_time TEXT NOT NULL,
    extras TEXT NOT NULL,
    renter_name TEXT NOT NULL,
    phone TEXT NOT NULL,
    cents INTEGER NOT NULL
);

CREATE TABLE running (                  -- rentals that are out, or begin in the next days
    rental TEXT PRIMARY KEY,
    renter_name TEXT NOT NULL,
    model TEXT NOT NULL REFERENCES models (model),
    starts_in INTEGER NOT NULL,         -- 0: it begins today; below 0: it is out
    days_left INTEGER NOT NULL,         -- to the last day; below 0 where it has not begun
    free_days INTEGER NOT NULL          -- so many days from today nobody else has booked it
);

CREATE TABLE extensions (
    rental TEXT NOT NULL REFERENCES running (rental),
    new_last_day TEXT NOT NULL,
    cents INTEGER NOT NULL,
    extended_on TEXT NOT NULL
);

CREATE TABLE cancellations (
    rental TEXT PRIMARY KEY REFERENCES running (rental),
    fee INTEGER NOT NULL,
    cancelled_on TEXT NOT NULL
);

CREATE TABLE breakdowns (
    number INTEGER PRIMARY KEY,
    rental TEXT NOT NULL REFERENCES running (rental),
    trouble TEXT NOT NULL,
    can_push INTEGER,
    place TEXT NOT NULL,
    phone TEXT NOT NULL,
    told_on TEXT NOT NULL
);

CREATE TABLE group_offers (
    number INTEGER PRIMARY KEY,
    bikes INTEGER NOT NULL,
    cents INTEGER NOT NULL,
    accepted INTEGER NOT NULL
);

CREATE TABLE group_prices (
    number INTEGER PRIMARY KEY,
    bikes INTEGER NOT NULL,
    cents INTEGER NOT NULL,
    renter_name TEXT NOT NULL,
    phone TEXT NOT NULL,
    kept_on TEXT NOT NULL
);

CREATE TABLE routes (
    route TEXT PRIMARY KEY,
    km INTEGER NOT NULL,
    hills INTEGER NOT NULL,
    way TEXT NOT NULL
);
