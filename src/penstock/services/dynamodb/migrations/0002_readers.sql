-- Where the readers of a stream stand that feed a function: one for each part of its event source mapping. sequence is the
-- next change; a batch that failed ends before until, has been tried so often, and is tried again at due_ms.
-- window_s: when the tumbling window began that has begun; state: what the function has returned in it, as JSON.
CREATE TABLE dynamodb_reader (
    mapping TEXT NOT NULL,
    part INTEGER NOT NULL,
    stream_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    until INTEGER,
    tries INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    window_s INTEGER,
    state TEXT NOT NULL,
    PRIMARY KEY (mapping, part)
);
CREATE INDEX dynamodb_reader_stream ON dynamodb_reader (stream_id);
