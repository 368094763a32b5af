-- dropped: nobody sees it any more; its events go in small steps, and then its row. Its name is free at once.
CREATE TABLE logs_group (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    retention_days INTEGER,
    protected INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    stored_bytes INTEGER NOT NULL,
    tags TEXT NOT NULL,
    dropped INTEGER NOT NULL
);
CREATE UNIQUE INDEX logs_group_name ON logs_group (account, region, name) WHERE dropped = 0;
CREATE INDEX logs_group_dropped ON logs_group (id) WHERE dropped = 1;
CREATE INDEX logs_group_retention ON logs_group (id) WHERE retention_days IS NOT NULL;

-- Times of events are 0 while there are none.
CREATE TABLE logs_stream (
    id INTEGER PRIMARY KEY,
    log_group INTEGER NOT NULL,
    name TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    first_event_ms INTEGER NOT NULL,
    last_event_ms INTEGER NOT NULL,
    last_ingested_ms INTEGER NOT NULL,
    dropped INTEGER NOT NULL
);
CREATE UNIQUE INDEX logs_stream_name ON logs_stream (log_group, name) WHERE dropped = 0;
CREATE INDEX logs_stream_time ON logs_stream (log_group, last_event_ms, name) WHERE dropped = 0;
CREATE INDEX logs_stream_dropped ON logs_stream (id) WHERE dropped = 1;
CREATE INDEX logs_stream_group ON logs_stream (log_group);

CREATE TABLE logs_event (
    id INTEGER PRIMARY KEY,
    log_group INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    time_ms INTEGER NOT NULL,
    ingested_ms INTEGER NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX logs_event_stream ON logs_event (stream, time_ms, id);
CREATE INDEX logs_event_group ON logs_event (log_group, time_ms, id);
