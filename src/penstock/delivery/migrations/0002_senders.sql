-- A delivery keeps all that its destination was to get, who sends it and the ladder it is on, as keyed documents;
-- leases are columns. accepted_ms is null while the destination has still to accept the message. The documents of
-- former rows are made here; those of events and rule sets are read in either form.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    event INTEGER,
    rule TEXT,
    arn TEXT NOT NULL,
    body BLOB,
    message TEXT NOT NULL,
    sender TEXT,
    ladder TEXT,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    accepted_ms INTEGER,
    due_ms INTEGER,
    lease_owner TEXT,
    lease_ms INTEGER,
    finished_ms INTEGER,
    receipt TEXT,
    error TEXT,
    dead_letter TEXT
);

INSERT INTO outbox
    (id, event, rule, arn, body, message, sender, ladder, state, attempts, created_ms, accepted_ms, due_ms,
     finished_ms, receipt, error, dead_letter)
SELECT
    id, event, rule, arn, payload,
    '{"v":1,"trace":"' || replace(replace(trace, '\', '\\'), '"', '\"') || '"}',
    CASE WHEN source <> '' THEN
        '{"v":1,"service":"' || source || '","arn":"' || source_arn || '","account":"' || account
        || '","sender_id":"AROAPENSTOCKS3SENDER0:S3-PROD-END"}'
    END,
    CASE WHEN source <> '' THEN
        '{"v":1,"phases":[{"tries":null,"first_ms":1000,"last_ms":300000,"growth":2.0,"jitter":0.0}],'
        || '"max_age_ms":86400000,"source":"Penstock''s own: AWS says only that delivery is at least once"}'
    END,
    state, attempts, created_ms,
    CASE WHEN source = '' OR (arn LIKE 'arn:aws:lambda:%' AND attempts > 0) THEN created_ms END,
    due_ms, finished_ms, receipt, error, dead_letter
FROM delivery;

DROP TABLE delivery;
ALTER TABLE outbox RENAME TO delivery;

CREATE INDEX delivery_due ON delivery (arn, due_ms) WHERE state = 'due';
CREATE INDEX delivery_leased ON delivery (lease_owner) WHERE state = 'leased';
CREATE INDEX delivery_event ON delivery (event) WHERE event IS NOT NULL;
CREATE INDEX delivery_finished ON delivery (finished_ms) WHERE finished_ms IS NOT NULL;
CREATE INDEX delivery_target ON delivery (state, arn, id);
CREATE INDEX delivery_rule ON delivery (rule, id) WHERE rule IS NOT NULL;
CREATE INDEX delivery_unfinished ON delivery (state, id) WHERE state <> 'delivered';

CREATE INDEX attempt_loose ON attempt (ended_ms) WHERE delivery IS NULL;
CREATE INDEX attempt_cause_attempt ON attempt_cause (attempt);
