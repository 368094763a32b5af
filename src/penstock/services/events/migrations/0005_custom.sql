-- Custom event buses (the API eventbridgev2). What a bus is given is kept under its next number; a subscriber stands behind the
-- number ``after``. dropped: nobody sees the bus any more; its events go in small steps, and then its row.
CREATE TABLE events_custom_bus (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    description TEXT,
    retention_days INTEGER NOT NULL,
    tags TEXT NOT NULL,
    token TEXT,
    request TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    settled_ms INTEGER NOT NULL,
    last INTEGER NOT NULL,
    dropped INTEGER NOT NULL
);
CREATE UNIQUE INDEX events_custom_bus_name ON events_custom_bus (account, region, name) WHERE dropped = 0;
CREATE INDEX events_custom_bus_dropped ON events_custom_bus (id) WHERE dropped = 1;

CREATE TABLE events_custom_event (
    bus INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    kept_ms INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (bus, number)
);
CREATE INDEX events_custom_event_kept ON events_custom_event (bus, kept_ms, number);

-- What must not come twice: the digest of account, group and deduplication id.
CREATE TABLE events_custom_seen (
    bus INTEGER NOT NULL,
    digest TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (bus, digest)
);
CREATE INDEX events_custom_seen_until ON events_custom_seen (until_ms);

CREATE TABLE events_custom_subscriber (
    id INTEGER PRIMARY KEY,
    bus INTEGER NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    settings TEXT NOT NULL,
    tags TEXT NOT NULL,
    token TEXT,
    request TEXT NOT NULL,
    running INTEGER NOT NULL,
    revoked INTEGER NOT NULL,
    after INTEGER NOT NULL,
    live_after INTEGER NOT NULL,
    until_ms INTEGER,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX events_custom_subscriber_name ON events_custom_subscriber (account, region, name);
CREATE INDEX events_custom_subscriber_bus ON events_custom_subscriber (bus, id);
CREATE INDEX events_custom_subscriber_running ON events_custom_subscriber (id) WHERE running = 1;
