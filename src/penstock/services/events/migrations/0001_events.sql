-- The default bus of an account and region is always there; it has a row when something was set on it.
CREATE TABLE events_bus (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    policy TEXT,
    dead_letter TEXT,
    tags TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX events_bus_name ON events_bus (account, region, name);

CREATE TABLE events_rule (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    bus TEXT NOT NULL,
    name TEXT NOT NULL,
    pattern TEXT,
    state TEXT NOT NULL,
    description TEXT,
    role TEXT,
    created_by TEXT NOT NULL,
    tags TEXT NOT NULL,
    schedule TEXT,
    due_ms INTEGER
);
CREATE INDEX events_rule_due ON events_rule (due_ms) WHERE due_ms IS NOT NULL;
CREATE UNIQUE INDEX events_rule_name ON events_rule (account, region, bus, name);
CREATE INDEX events_rule_block ON events_rule (account, region, bus, id);

-- settings holds the target's members under AWS's names, as a keyed document.
CREATE TABLE events_target (
    rule INTEGER NOT NULL,
    id TEXT NOT NULL,
    arn TEXT NOT NULL,
    settings TEXT NOT NULL,
    PRIMARY KEY (rule, id)
);
CREATE INDEX events_target_arn ON events_target (arn, rule);
