-- The default group of an account and region is always there; it has a row when something was set on it.
CREATE TABLE scheduler_group (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    tags TEXT NOT NULL,
    deleting INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX scheduler_group_name ON scheduler_group (account, region, name);
CREATE INDEX scheduler_group_deleting ON scheduler_group (id) WHERE deleting = 1;

-- settings is a keyed document: the members of CreateSchedule; state and target_arn stand in it, too. planned_ms is the time that the expression says, due_ms
-- when the target is asked: later by chance when the window is flexible.
CREATE TABLE scheduler_schedule (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    grp TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    state TEXT NOT NULL,
    target_arn TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    planned_ms INTEGER,
    due_ms INTEGER
);
CREATE UNIQUE INDEX scheduler_schedule_name ON scheduler_schedule (account, region, grp, name);
CREATE INDEX scheduler_schedule_due ON scheduler_schedule (due_ms) WHERE due_ms IS NOT NULL;

-- What a ClientToken was used for, and what the answer was.
CREATE TABLE scheduler_token (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    token TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT NOT NULL,
    made_ms INTEGER NOT NULL,
    PRIMARY KEY (account, region, token)
);
CREATE INDEX scheduler_token_made ON scheduler_token (made_ms);
