-- The shop's database. Days are ISO text (2026-06-12), money is whole cents.

CREATE TABLE sales (                    -- what we sold ourselves: the only things that carry our warranty
    serial TEXT PRIMARY KEY,
    item TEXT NOT NULL,
    class TEXT NOT NULL CHECK (class IN ('new', 'refurbished', 'battery')),
    sold_on TEXT NOT NULL,
    seal TEXT NOT NULL DEFAULT 'whole' CHECK (seal IN ('whole', 'broken'))   -- broken: somebody else was in there
);

CREATE TABLE terms (                    -- months of warranty by class and kind of damage; 0 is not covered
    class TEXT NOT NULL,
    damage TEXT NOT NULL,               -- the words of the slot damage in agent.yaml
    months INTEGER NOT NULL,
    PRIMARY KEY (class, damage)
);

CREATE TABLE repairs (
    ticket TEXT PRIMARY KEY,
    code TEXT NOT NULL,                 -- the four digits on the customer's half of the ticket
    device TEXT NOT NULL,
    fault TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN
        ('waiting for diagnosis', 'quoted', 'in repair', 'waiting for a part', 'ready', 'collected', 'sent back unrepaired')),
    expected TEXT,                      -- the day it should be ready, where one is promised
    touches_disk INTEGER NOT NULL DEFAULT 0,
    backup TEXT CHECK (backup IN ('shop backup', 'own backup', 'no backup')),   -- NULL: nobody has asked yet
    backup_on TEXT
);

CREATE TABLE quotes (
    ticket TEXT PRIMARY KEY REFERENCES repairs (ticket),
    work TEXT NOT NULL,
    parts_cents INTEGER NOT NULL,
    labour_cents INTEGER NOT NULL,
    valid_until TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'accepted', 'declined', 'change asked')),
    wish TEXT,
    most_cents INTEGER,
    phone TEXT                          -- E.164
);

CREATE TABLE bench (                    -- what a day has room for, Monday to Friday
    visit TEXT NOT NULL,                -- the words of the slot visit in agent.yaml
    time TEXT NOT NULL,
    places INTEGER NOT NULL,
    PRIMARY KEY (visit, time)
);

CREATE TABLE visits (
    number INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    visit TEXT NOT NULL,
    day TEXT NOT NULL,
    time TEXT NOT NULL,
    customer_name TEXT NOT NULL
);

CREATE TABLE offers (                   -- what the agent has offered, word for word; book_visit books one of these
    number INTEGER PRIMARY KEY,
    place TEXT NOT NULL UNIQUE,
    device TEXT NOT NULL,
    visit TEXT NOT NULL,
    day TEXT NOT NULL,
    time TEXT NOT NULL
);
