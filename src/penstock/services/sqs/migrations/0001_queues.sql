-- attributes holds what was set, as JSON; the rest has AWS's defaults.
-- box says which messages are the queue's: a purge gives it a new one, so a million rows go in no time.
CREATE TABLE sqs_queue (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    box INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    tags TEXT NOT NULL,
    dead_letter_arn TEXT,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    purged_ms INTEGER
);
CREATE UNIQUE INDEX sqs_queue_name ON sqs_queue (account, region, name);
CREATE INDEX sqs_queue_dead_letter ON sqs_queue (dead_letter_arn, name) WHERE dead_letter_arn IS NOT NULL;

-- A box whose queue let go of it is emptied in small steps, then forgotten.
CREATE TABLE sqs_box (
    id INTEGER PRIMARY KEY,
    dropped INTEGER NOT NULL
);
CREATE INDEX sqs_box_dropped ON sqs_box (id) WHERE dropped = 1;

-- due_ms is when the message becomes visible. received_ms is its last receive from this box, 0 before the first.
-- receives counts all receives, earlier those from queues that it was moved away from. body comes last: it is long.
CREATE TABLE sqs_message (
    id INTEGER PRIMARY KEY,
    box INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    in_flight INTEGER NOT NULL,
    sent_ms INTEGER NOT NULL,
    receives INTEGER NOT NULL,
    earlier INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    first_received_ms INTEGER,
    message_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    trace TEXT,
    message_group TEXT,
    dead_letter_source TEXT,
    attributes TEXT,
    body_md5 TEXT NOT NULL,
    body TEXT NOT NULL
);
-- in_flight and sent_ms ride along so that messages are counted from the index alone.
CREATE INDEX sqs_message_due ON sqs_message (box, due_ms, in_flight, sent_ms);

-- Tasks that move messages out of a dead-letter queue. destination NULL: back to where each came from.
CREATE TABLE sqs_move (
    id INTEGER PRIMARY KEY,
    task_id TEXT NOT NULL,
    source TEXT NOT NULL,
    destination TEXT,
    rate INTEGER,
    status TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    to_move INTEGER NOT NULL,
    moved INTEGER NOT NULL,
    failure TEXT
);
CREATE INDEX sqs_move_source ON sqs_move (source, id);
CREATE INDEX sqs_move_running ON sqs_move (id) WHERE status = 'RUNNING';
