-- dropped: nobody sees it any more; its events go in small steps, and then its row. Its name is free at once.
CREATE TABLE events_archive (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    bus TEXT NOT NULL,
    description TEXT,
    pattern TEXT,
    retention_days INTEGER NOT NULL,
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    dropped INTEGER NOT NULL
);
CREATE UNIQUE INDEX events_archive_name ON events_archive (account, region, name) WHERE dropped = 0;
CREATE INDEX events_archive_bus ON events_archive (account, region, bus) WHERE dropped = 0;
CREATE INDEX events_archive_dropped ON events_archive (id) WHERE dropped = 1;
CREATE INDEX events_archive_retention ON events_archive (id) WHERE retention_days > 0;

-- time_ms is the time in the event, kept_ms when it was archived.
CREATE TABLE events_archived (
    id INTEGER PRIMARY KEY,
    archive INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    kept_ms INTEGER NOT NULL,
    event TEXT NOT NULL
);
CREATE INDEX events_archived_time ON events_archived (archive, time_ms, id);
CREATE INDEX events_archived_kept ON events_archived (archive, kept_ms);

-- What is replayed next is behind (at_ms, at_id).
CREATE TABLE events_replay (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    archive INTEGER NOT NULL,
    archive_name TEXT NOT NULL,
    bus TEXT NOT NULL,
    description TEXT,
    rules TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    state TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    at_id INTEGER NOT NULL,
    last_ms INTEGER,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER
);
CREATE UNIQUE INDEX events_replay_name ON events_replay (account, region, name);
CREATE INDEX events_replay_active ON events_replay (id) WHERE ended_ms IS NULL;
