-- name: draw_seq
-- Commit order: here functions run one after the other. Bucket and key are for state.postgresql.sql.
SELECT coalesce(max(seq), 0) + 1 FROM event WHERE ? IS NOT NULL AND ? IS NOT NULL;

-- name: find_last_seq
SELECT max(seq) FROM event;

-- name: add_event
INSERT INTO event (seq, bucket, key, time_ms, rule_set, cause, change, stored) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: find_rules_put
SELECT created_ms FROM rule_set WHERE id = ?;

-- name: find_current_rules
SELECT id, rules FROM rule_set WHERE bucket = ? ORDER BY id DESC LIMIT 1;

-- name: find_rules
SELECT rules FROM rule_set WHERE id = ?;

-- name: add_rules
INSERT INTO rule_set (bucket, created_ms, rules) VALUES (?, ?, ?) RETURNING id;

-- name: put_breaker
INSERT INTO breaker (arn, since_ms, error) VALUES (?, ?, ?)
ON CONFLICT (arn) DO UPDATE SET since_ms = excluded.since_ms, error = excluded.error;

-- name: delete_breaker
DELETE FROM breaker WHERE arn = ?;

-- name: find_breakers
-- Few: those that were open when the server ended.
SELECT arn, since_ms, error FROM breaker;

-- name: add_delivery
INSERT INTO delivery
(event, rule, arn, body, message, sender, ladder, state, attempts, created_ms, accepted_ms, due_ms, lease_owner, lease_ms,
 finished_ms, error, dead_letter, replay, cause, rank, group_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: add_replayed
INSERT INTO delivery
(event, rule, arn, message, state, attempts, created_ms, accepted_ms, finished_ms, receipt, replay)
VALUES (?, ?, ?, ?, 'delivered', 1, ?, ?, ?, ?, ?)
RETURNING id;

-- name: find_backlog
SELECT rank, count(*) FROM delivery WHERE state = 'due' AND arn = ? GROUP BY rank;

-- name: find_lanes
-- One step along the index per destination, so a backlog of millions for one of them costs nothing here.
WITH RECURSIVE lane (arn) AS (
    SELECT min(arn) FROM delivery WHERE state = 'due'
    UNION ALL
    SELECT (SELECT min(d.arn) FROM delivery d WHERE d.state = 'due' AND d.arn > lane.arn) FROM lane WHERE lane.arn IS NOT NULL
)
SELECT arn FROM lane WHERE arn IS NOT NULL;

-- name: find_next_due
SELECT min(due_ms) FROM delivery WHERE state = 'due' AND arn = ? AND rank = ?;

-- name: find_first_due
SELECT due_ms, error FROM delivery WHERE state = 'due' AND arn = ? AND rank = ? AND due_ms IS NOT NULL ORDER BY due_ms LIMIT 1;

-- name: find_first_of_group
SELECT id FROM delivery WHERE arn = ? AND group_id = ? AND finished_ms IS NULL ORDER BY id LIMIT 1;

-- name: put_turn
-- What is behind another of its group has no time at which it is due.
UPDATE delivery SET due_ms = ? WHERE id = ? AND state = 'due' AND due_ms IS NULL;

-- name: find_turn
SELECT rank, group_id FROM delivery WHERE id = ?;

-- name: find_behind
SELECT count(*) FROM (
    SELECT 1 FROM delivery WHERE state = 'due' AND arn = ? AND rank = ? AND due_ms IS NULL LIMIT ?
) ahead;

-- name: find_due
SELECT id, arn, event, rule, body, message, attempts, coalesce(redriven_ms, created_ms), accepted_ms, sender, ladder,
    rank, group_id
FROM delivery WHERE state = 'due' AND arn = ? AND rank = ? AND due_ms <= ? ORDER BY due_ms LIMIT ?;

-- name: find_leased
SELECT id, arn, event, rule, body, message, attempts, coalesce(redriven_ms, created_ms), accepted_ms, sender, ladder,
    rank, group_id
FROM delivery WHERE id = ?;

-- name: put_lease
UPDATE delivery SET state = 'leased', lease_owner = ?, lease_ms = ? WHERE id = ?;

-- name: put_leases_due
UPDATE delivery SET state = 'due', lease_owner = NULL, lease_ms = NULL WHERE state = 'leased' AND lease_owner >= '';

-- name: put_accepted
UPDATE delivery SET state = 'due', attempts = 0, accepted_ms = ?, due_ms = ?, ladder = NULL, error = NULL,
    lease_owner = NULL, lease_ms = NULL WHERE id = ?;

-- name: put_delivered
UPDATE delivery SET state = 'delivered', attempts = attempts + 1, body = NULL, due_ms = NULL,
    lease_owner = NULL, lease_ms = NULL, finished_ms = ?, receipt = ?, error = ? WHERE id = ?;

-- name: put_retry
UPDATE delivery SET state = 'due', attempts = attempts + ?, due_ms = ?, error = ?, ladder = ?,
    lease_owner = NULL, lease_ms = NULL WHERE id = ?;

-- name: put_postponed
UPDATE delivery SET state = 'due', due_ms = ?, error = ?, lease_owner = NULL, lease_ms = NULL WHERE id = ?;

-- name: put_dead
UPDATE delivery SET state = 'dead', attempts = attempts + ?, due_ms = NULL, lease_owner = NULL, lease_ms = NULL,
    finished_ms = ?, error = ?, dead_letter = ? WHERE id = ?;

-- name: add_attempt
INSERT INTO attempt (delivery, arn, span, started_ms, ended_ms, ok, error, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id;

-- name: add_attempt_cause
INSERT INTO attempt_cause (cause, attempt, message, error) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: find_object_events
SELECT seq, rule_set, cause, change, stored FROM event WHERE bucket = ? AND key = ? AND seq < ?
ORDER BY seq DESC LIMIT ?;

-- name: find_prefix_events
SELECT seq, rule_set, cause, change, stored FROM event WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key, seq LIMIT ?;

-- name: find_last_change
SELECT time_ms FROM event WHERE bucket = ? AND key = ? ORDER BY seq DESC LIMIT 1;

-- name: find_event
SELECT seq, rule_set, cause, change, stored FROM event WHERE seq = ?;

-- name: find_event_of_message
-- Some rows at a time: where they end, and which of them has the message.
SELECT min(e.seq), max(CASE WHEN e.stored LIKE ? THEN e.seq END)
FROM (SELECT seq, stored FROM event WHERE seq < ? ORDER BY seq DESC LIMIT ?) e;

-- name: find_source_of_delivery
SELECT event, cause FROM delivery WHERE id = ?;

-- name: find_cause_of_message
-- What a function was given of a queue; the newest attempts first.
SELECT min(c.attempt), max(CASE WHEN c.message = ? THEN c.cause END)
FROM (SELECT attempt, message, cause FROM attempt_cause WHERE attempt < ? ORDER BY attempt DESC LIMIT ?) c;

-- name: find_delivery_of_message
SELECT min(e.id), max(CASE WHEN e.receipt = ? THEN e.id END)
FROM (SELECT id, receipt FROM delivery WHERE id < ? ORDER BY id DESC LIMIT ?) e;

-- name: find_events
SELECT seq, rule_set, cause, change, stored FROM event WHERE seq < ? ORDER BY seq DESC LIMIT ?;

-- name: find_events_behind
SELECT seq, rule_set, cause, change, stored FROM event WHERE seq > ? ORDER BY seq LIMIT ?;

-- name: find_changes_behind
SELECT seq, bucket, key, change FROM event WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?;

-- name: find_events_of_cause
SELECT seq, rule_set, cause, change, stored FROM event WHERE cause = ? ORDER BY seq LIMIT ?;

-- name: find_deliveries_of_event
SELECT d.id, e.bucket, e.key, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM delivery d LEFT JOIN event e ON e.seq = d.event WHERE d.event = ? ORDER BY d.id LIMIT ?;

-- name: find_deliveries_of_cause
SELECT d.id, NULL, NULL, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM delivery d WHERE d.cause = ? ORDER BY d.id LIMIT ?;

-- name: find_deliveries_of_event_to
SELECT d.id, e.bucket, e.key, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM delivery d LEFT JOIN event e ON e.seq = d.event WHERE d.event = ? AND d.arn = ? ORDER BY d.id DESC LIMIT ?;

-- name: find_open_deliveries
SELECT d.id, e.bucket, e.key, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM delivery d LEFT JOIN event e ON e.seq = d.event WHERE d.event = ? AND (d.finished_ms IS NULL OR d.state = 'dead')
ORDER BY d.id LIMIT ?;

-- name: find_run
SELECT ladder, coalesce(accepted_ms, redriven_ms, created_ms), attempts FROM delivery WHERE id = ?;

-- name: find_deliveries
SELECT d.id, e.bucket, e.key, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM delivery d LEFT JOIN event e ON e.seq = d.event WHERE d.id < ? ORDER BY d.id DESC LIMIT ?;

-- name: find_unfinished_deliveries
SELECT d.id, e.bucket, e.key, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM delivery d LEFT JOIN event e ON e.seq = d.event
WHERE d.state = ? AND d.state <> 'delivered' AND d.id < ? ORDER BY d.id DESC LIMIT ?;

-- name: find_deliveries_of_target
SELECT d.id, e.bucket, e.key, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM delivery d LEFT JOIN event e ON e.seq = d.event
WHERE d.arn = ? AND d.state = ? AND d.id < ? ORDER BY d.id DESC LIMIT ?;

-- name: find_deliveries_of_rule
SELECT d.id, e.bucket, e.key, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM delivery d LEFT JOIN event e ON e.seq = d.event WHERE d.rule = ? AND d.id < ? ORDER BY d.id DESC LIMIT ?;

-- name: find_deliveries_of_object
-- Few: the deliveries of the object's newest changes are sorted, 1,000 of them; a key may have had millions.
SELECT d.id, e.bucket, e.key, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM (SELECT seq, bucket, key FROM event WHERE bucket = ? AND key = ? ORDER BY seq DESC LIMIT ?) e
JOIN delivery d ON d.event = e.seq WHERE d.id < ? ORDER BY d.id DESC LIMIT ?;

-- name: find_delivery
SELECT d.id, e.bucket, e.key, d.event, d.rule, d.arn, d.state, d.attempts, d.created_ms, d.due_ms, d.finished_ms, d.receipt,
    d.error, d.dead_letter, d.redriven_ms, d.replay, d.rank, d.group_id
FROM delivery d LEFT JOIN event e ON e.seq = d.event WHERE d.id = ?;

-- name: find_payload
SELECT body, message, sender FROM delivery WHERE id = ?;

-- name: find_oldest_of_target
SELECT id, body FROM delivery WHERE arn = ? AND state = ? ORDER BY id LIMIT 1;

-- name: find_dead_of_target
SELECT id FROM delivery WHERE state = 'dead' AND arn = ? AND id > ? ORDER BY id LIMIT ?;

-- name: find_dead_count
SELECT count(*) FROM delivery WHERE state = 'dead';

-- name: put_redriven
-- What the destination has accepted is its to try again; what it has refused is offered anew.
UPDATE delivery SET state = 'due', attempts = 0, due_ms = ?, redriven_ms = ?, finished_ms = NULL, error = NULL,
    dead_letter = NULL, accepted_ms = CASE WHEN accepted_ms IS NULL THEN NULL ELSE ? END
WHERE id = ?;

-- name: find_attempts_of_delivery
SELECT arn, span, started_ms, ended_ms, ok, error, detail FROM attempt WHERE delivery = ? ORDER BY id DESC LIMIT ?;

-- name: find_attempts_of_cause
SELECT a.arn, a.span, a.started_ms, a.ended_ms, a.ok, a.error, a.detail, c.message, c.error
FROM attempt_cause c JOIN attempt a ON a.id = c.attempt WHERE c.cause = ? ORDER BY c.attempt, c.message LIMIT ?;

-- name: find_last_attempt
SELECT max(id) FROM attempt;

-- name: find_attempts_behind
SELECT a.id, a.arn, a.ended_ms, a.ok, a.error, a.detail, d.state, d.finished_ms, d.event, d.receipt, d.replay, e.change
FROM attempt a LEFT JOIN delivery d ON d.id = a.delivery LEFT JOIN event e ON e.seq = d.event
WHERE a.id > ? ORDER BY a.id LIMIT ?;

-- name: find_origin_of_attempt
SELECT a.id, d.event, d.cause FROM attempt a LEFT JOIN delivery d ON d.id = a.delivery WHERE a.span = ?;

-- name: find_causes_of_attempt
SELECT cause, message, error FROM attempt_cause WHERE attempt = ? LIMIT ?;

-- name: find_attempt
SELECT arn, span, started_ms, ended_ms, ok, error, detail FROM attempt WHERE span = ?;

-- name: find_oldest_events
SELECT seq, time_ms FROM event WHERE seq > ? ORDER BY seq LIMIT ?;

-- name: find_open_delivery
-- A dead one is open too: somebody may send it again, and wants to know what it is about.
SELECT id FROM delivery WHERE event = ? AND (finished_ms IS NULL OR state = 'dead') LIMIT 1;

-- name: delete_event
DELETE FROM event WHERE seq = ?;

-- name: find_old_deliveries
-- Those of the newest event stay with it: a story without its end would look like a lost event.
-- SQLite would take delivery_target instead, and sort all that was ever delivered.
SELECT id FROM delivery INDEXED BY delivery_finished WHERE state = 'delivered' AND finished_ms < ? AND (event IS NULL OR event <> ?)
ORDER BY finished_ms LIMIT ?;

-- name: find_old_dead
SELECT id FROM delivery INDEXED BY delivery_dead WHERE state = 'dead' AND finished_ms < ? AND (event IS NULL OR event <> ?)
ORDER BY finished_ms LIMIT ?;

-- name: find_attempt_ids
SELECT id FROM attempt WHERE delivery = ? LIMIT ?;

-- name: delete_delivery
DELETE FROM delivery WHERE id = ?;

-- name: find_old_attempts
SELECT id FROM attempt WHERE delivery IS NULL AND ended_ms < ? ORDER BY ended_ms LIMIT ?;

-- name: delete_attempt
DELETE FROM attempt WHERE id = ?;

-- name: delete_attempt_causes
DELETE FROM attempt_cause WHERE attempt = ?;

-- name: find_rule_sets
SELECT id, bucket, created_ms, rules FROM rule_set WHERE id > ? ORDER BY id LIMIT ?;

-- name: find_next_rule_set
SELECT created_ms FROM rule_set WHERE bucket = ? AND id > ? ORDER BY id LIMIT 1;

-- name: find_former_rule_set
SELECT id FROM rule_set WHERE bucket = ? AND id < ? ORDER BY id DESC LIMIT 1;

-- name: delete_rule_set
DELETE FROM rule_set WHERE id = ?;

-- name: find_tries_behind
SELECT id, delivery, arn, span, started_ms, ended_ms, ok, error, detail FROM attempt WHERE id > ? ORDER BY id LIMIT ?;

-- name: find_cause_of_delivery
SELECT event, message FROM delivery WHERE id = ?;

-- name: find_attempt_of_span
SELECT id, delivery FROM attempt WHERE span = ?;

-- name: add_replay
INSERT INTO replay
(id, bucket, prefix, from_ms, to_ms, rule, target, first_seq, last_seq, after_seq, sent, created_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?);

-- name: find_replay
SELECT id, bucket, prefix, from_ms, to_ms, rule, target, first_seq, last_seq, after_seq, sent, finished_ms
FROM replay WHERE id = ?;

-- name: find_open_replays
SELECT id, bucket, prefix, from_ms, to_ms, rule, target, first_seq, last_seq, after_seq, sent, finished_ms
FROM replay WHERE bucket = ? AND finished_ms IS NULL;

-- name: put_replay_place
UPDATE replay SET after_seq = ?, sent = ?, finished_ms = ? WHERE id = ?;

-- name: delete_old_replays
DELETE FROM replay WHERE finished_ms IS NOT NULL AND finished_ms < ?;
