-- Those that were received and came back are received again before those that nobody has had: they are older.
-- sent_ms and message_group ride along so that messages are counted, and told apart, from the index alone.
DROP INDEX sqs_message_due;
CREATE INDEX sqs_message_turn ON sqs_message (box, in_flight DESC, due_ms, sent_ms, message_group);

-- sequence orders a FIFO queue's messages; those of standard queues have none.
ALTER TABLE sqs_message ADD COLUMN sequence INTEGER;
ALTER TABLE sqs_message ADD COLUMN deduplication_id TEXT;
CREATE INDEX sqs_message_order ON sqs_message (box, message_group, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX sqs_message_tenant ON sqs_message (box, message_group, in_flight DESC, due_ms)
    WHERE message_group IS NOT NULL AND sequence IS NULL;

-- The groups of FIFO queues that have messages. due_ms is when the first of them can be received: when it is no longer
-- delayed, and nothing of the group is in flight.
CREATE TABLE sqs_group (
    box INTEGER NOT NULL,
    name TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    PRIMARY KEY (box, name)
) WITHOUT ROWID;
CREATE INDEX sqs_group_due ON sqs_group (box, due_ms, name);

-- The last sequence number that a FIFO queue gave.
CREATE TABLE sqs_sequence (
    queue INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
);

-- Deduplication ids that FIFO queues have seen. message_group is '' where they hold for the whole queue.
CREATE TABLE sqs_duplicate (
    queue INTEGER NOT NULL,
    message_group TEXT NOT NULL,
    id TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    message_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (queue, message_group, id)
) WITHOUT ROWID;
CREATE INDEX sqs_duplicate_until ON sqs_duplicate (until_ms);

-- What a receive gave out under a ReceiveRequestAttemptId, so that it can be given out again: a document.
CREATE TABLE sqs_attempt (
    queue INTEGER NOT NULL,
    id TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    given TEXT NOT NULL,
    PRIMARY KEY (queue, id)
) WITHOUT ROWID;
CREATE INDEX sqs_attempt_until ON sqs_attempt (until_ms);
