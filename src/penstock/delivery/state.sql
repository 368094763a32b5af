-- name: find_next_seq
-- Commit order: here functions run one after the other. Bucket and key are for state.postgresql.sql.
SELECT coalesce(max(seq), 0) + 1 FROM event WHERE ? IS NOT NULL AND ? IS NOT NULL;

-- name: add_event
INSERT INTO event (seq, bucket, key, time_ms, rule_set, cause, change, stored) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: current_rule_set
SELECT id, rules FROM rule_set WHERE bucket = ? ORDER BY id DESC LIMIT 1;

-- name: rule_set_by_id
SELECT rules FROM rule_set WHERE id = ?;

-- name: add_rule_set
INSERT INTO rule_set (bucket, created_ms, rules) VALUES (?, ?, ?) RETURNING id;

-- name: add_delivery
INSERT INTO delivery (event, rule, arn, account, source, source_arn, trace, payload, state, attempts, created_ms, due_ms, error)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'due', 0, ?, ?, ?)
RETURNING id;

-- name: count_due
SELECT count(*) FROM delivery WHERE state = 'due';

-- name: lanes
-- One step along the index per destination, so a backlog of millions for one of them costs nothing here.
WITH RECURSIVE lane (arn) AS (
    SELECT min(arn) FROM delivery WHERE state = 'due'
    UNION ALL
    SELECT (SELECT min(d.arn) FROM delivery d WHERE d.state = 'due' AND d.arn > lane.arn) FROM lane WHERE lane.arn IS NOT NULL
)
SELECT arn FROM lane WHERE arn IS NOT NULL;

-- name: due_in_lane
SELECT id, due_ms FROM delivery WHERE state = 'due' AND arn = ? ORDER BY due_ms LIMIT ?;

-- name: job
SELECT id, arn, account, payload, trace, attempts, created_ms, source, source_arn FROM delivery WHERE id = ?;

-- name: delivered
UPDATE delivery SET state = 'delivered', attempts = attempts + 1, payload = NULL, due_ms = NULL, error = NULL, finished_ms = ?, receipt = ? WHERE id = ?;

-- name: retry
UPDATE delivery SET attempts = attempts + ?, due_ms = ?, error = ? WHERE id = ?;

-- name: dead
UPDATE delivery SET state = 'dead', attempts = attempts + ?, due_ms = NULL, finished_ms = ?, error = ?, dead_letter = ? WHERE id = ?;

-- name: add_attempt
INSERT INTO attempt (delivery, arn, span, started_ms, ended_ms, ok, error, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id;

-- name: add_attempt_cause
INSERT INTO attempt_cause (cause, attempt) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: events_of_object
SELECT seq, rule_set, cause, change, stored FROM event WHERE bucket = ? AND key = ? ORDER BY seq;

-- name: events_of_cause
SELECT seq, rule_set, cause, change, stored FROM event WHERE cause = ? ORDER BY seq;

-- name: deliveries_of_event
SELECT id, rule, arn, state, attempts, created_ms, due_ms, finished_ms, receipt, error, dead_letter FROM delivery WHERE event = ? ORDER BY id;

-- name: attempts_of_delivery
SELECT arn, span, started_ms, ended_ms, ok, error, detail FROM attempt WHERE delivery = ? ORDER BY id;

-- name: attempts_of_cause
SELECT a.arn, a.span, a.started_ms, a.ended_ms, a.ok, a.error, a.detail
FROM attempt_cause c JOIN attempt a ON a.id = c.attempt WHERE c.cause = ? ORDER BY a.id;

-- name: attempt_by_span
SELECT arn, span, started_ms, ended_ms, ok, error, detail FROM attempt WHERE span = ?;

-- name: old_events
-- The newest row always stays: the next seq is made from it.
SELECT e.seq FROM event e WHERE e.time_ms < ? AND e.seq < (SELECT max(seq) FROM event)
AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.event = e.seq AND d.state = 'due') ORDER BY e.seq LIMIT ?;

-- name: drop_event
DELETE FROM event WHERE seq = ?;

-- name: old_deliveries
-- Those of the newest event stay with it: a story without its end would look like a lost event.
SELECT id FROM delivery WHERE finished_ms < ? AND (event IS NULL OR event < (SELECT max(seq) FROM event)) LIMIT ?;

-- name: drop_delivery
DELETE FROM delivery WHERE id = ?;

-- name: drop_attempts
DELETE FROM attempt WHERE delivery = ?;

-- name: old_attempts
SELECT id FROM attempt WHERE delivery IS NULL AND ended_ms < ? ORDER BY id LIMIT ?;

-- name: drop_attempt
DELETE FROM attempt WHERE id = ?;

-- name: drop_attempt_causes
DELETE FROM attempt_cause WHERE attempt = ?;
