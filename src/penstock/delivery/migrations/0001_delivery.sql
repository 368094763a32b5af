-- seq is the commit order of changes; a key's sequencer is made of it.
-- stored holds the deliveries that were part of the commit, as JSON [[rule id, destination ARN, message id], …].
CREATE TABLE event (
    seq INTEGER PRIMARY KEY,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    rule_set INTEGER,
    cause TEXT,
    change TEXT NOT NULL,
    stored TEXT
);
CREATE INDEX event_object ON event (bucket, key, seq);
CREATE INDEX event_cause ON event (cause) WHERE cause IS NOT NULL;

-- Rule sets are never changed, so that the ledger can always say why a rule did not match an event.
CREATE TABLE rule_set (
    id INTEGER PRIMARY KEY,
    bucket TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    rules TEXT NOT NULL
);
CREATE INDEX rule_set_bucket ON rule_set (bucket, id);

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    event INTEGER,
    rule TEXT,
    arn TEXT NOT NULL,
    account TEXT NOT NULL,
    source TEXT NOT NULL,
    source_arn TEXT NOT NULL,
    trace TEXT NOT NULL,
    payload BLOB,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    due_ms INTEGER,
    finished_ms INTEGER,
    receipt TEXT,
    error TEXT,
    dead_letter TEXT
);
CREATE INDEX delivery_due ON delivery (arn, due_ms) WHERE state = 'due';
CREATE INDEX delivery_event ON delivery (event) WHERE event IS NOT NULL;
CREATE INDEX delivery_finished ON delivery (finished_ms) WHERE finished_ms IS NOT NULL;

CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,
    delivery INTEGER,
    arn TEXT NOT NULL,
    span TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    ended_ms INTEGER NOT NULL,
    ok INTEGER NOT NULL,
    error TEXT NOT NULL,
    detail TEXT NOT NULL
);
CREATE INDEX attempt_delivery ON attempt (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX attempt_span ON attempt (span);

-- Which events' messages an invocation had in its batch.
CREATE TABLE attempt_cause (
    cause TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    PRIMARY KEY (cause, attempt)
);
