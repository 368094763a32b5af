-- settings: the members of the request that made it, under AWS's names. suppressed_*: why a composite alarm's actions
-- wait, and until when; acted: the state whose actions were taken last.
CREATE TABLE cloudwatch_alarm (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    settings TEXT NOT NULL,
    tags TEXT NOT NULL,
    configured_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    reason_data TEXT,
    updated_ms INTEGER NOT NULL,
    transitioned_ms INTEGER NOT NULL,
    acted TEXT NOT NULL,
    suppressed_by TEXT,
    suppressed_ms INTEGER
);
CREATE UNIQUE INDEX cloudwatch_alarm_name ON cloudwatch_alarm (account, region, name);

-- What a composite alarm looks at: its children, and the suppressor of its actions.
CREATE TABLE cloudwatch_alarm_parent (
    parent INTEGER NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    child TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (parent, child, role)
);
CREATE INDEX cloudwatch_alarm_parent_child ON cloudwatch_alarm_parent (account, region, child);

CREATE TABLE cloudwatch_history (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    alarm TEXT NOT NULL,
    kind TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    type TEXT NOT NULL,
    summary TEXT NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX cloudwatch_history_alarm ON cloudwatch_history (account, region, alarm, time_ms, id);
CREATE INDEX cloudwatch_history_place ON cloudwatch_history (account, region, time_ms, id);

-- The one row: up to when alarms have been looked at.
CREATE TABLE cloudwatch_evaluated (
    id INTEGER PRIMARY KEY,
    time_s INTEGER NOT NULL
);
