-- name: find_queues_after
SELECT id, account, region, name FROM sqs_queue WHERE id > ? ORDER BY id LIMIT ?;

-- name: find_dropped_box
SELECT id FROM sqs_box WHERE dropped = 1 ORDER BY id LIMIT 1;

-- name: delete_box
DELETE FROM sqs_box WHERE id = ?;

-- name: find_some_of_box
SELECT id, length(body) FROM sqs_message WHERE box = ? LIMIT ?;

-- name: find_some_expired
-- A message is due no earlier than it was sent, so whatever was due before the horizon is too old.
SELECT id, message_id, trace, message_group, length(body) FROM sqs_message
WHERE box = ? AND in_flight = ? AND due_ms <= ? ORDER BY due_ms LIMIT ?;

-- name: delete_message
DELETE FROM sqs_message WHERE id = ?;

-- name: add_message
INSERT INTO sqs_message (box, due_ms, in_flight, sent_ms, receives, earlier, received_ms, message_id, sender, trace,
    message_group, dead_letter_source, attributes, body_md5, body, sealed_for, sequence, deduplication_id)
VALUES (?, ?, 0, ?, 0, 0, 0, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: find_next_due
SELECT min(due_ms) FROM (
    SELECT * FROM (SELECT due_ms FROM sqs_message WHERE box = ? AND in_flight = 1 AND due_ms > ?
        ORDER BY due_ms LIMIT 1) AS returned
    UNION ALL
    SELECT * FROM (SELECT due_ms FROM sqs_message WHERE box = ? AND in_flight = 0 AND due_ms > ?
        ORDER BY due_ms LIMIT 1) AS fresh
) AS nearest;

-- name: find_visible
-- Those that came back, then those that nobody has had. Starts behind what has expired, however much that is.
SELECT id, sent_ms, receives, earlier, message_id, sender, trace, message_group, dead_letter_source, attributes,
    first_received_ms, body_md5, body, sealed_for
FROM sqs_message WHERE box = ? AND in_flight IN (1, 0) AND due_ms > ? AND due_ms <= ?
ORDER BY in_flight DESC, due_ms LIMIT ?;

-- name: put_received
UPDATE sqs_message SET due_ms = ?, in_flight = 1, receives = receives + 1, received_ms = ?,
    first_received_ms = coalesce(first_received_ms, ?)
WHERE id = ?;

-- name: put_given_back
UPDATE sqs_message SET due_ms = ?, receives = receives - 1
WHERE id = ? AND box = ? AND message_id = ? AND receives = ?;

-- name: delete_received
DELETE FROM sqs_message WHERE id = ? AND box = ? AND message_id = ? AND receives = ?;

-- name: put_due
UPDATE sqs_message SET due_ms = ? WHERE id = ?;

-- name: put_dead_letter
UPDATE sqs_message SET box = ?, due_ms = ?, in_flight = 0, earlier = receives, received_ms = 0, dead_letter_source = ?
WHERE id = ?;

-- name: put_dead_letter_in_order
UPDATE sqs_message SET box = ?, due_ms = ?, sent_ms = ?, in_flight = 0, earlier = receives, received_ms = 0,
    dead_letter_source = ?, sequence = ?, deduplication_id = message_id
WHERE id = ?;

-- name: add_sequence
INSERT INTO sqs_sequence (queue, last) VALUES (?, 1)
ON CONFLICT (queue) DO UPDATE SET last = sqs_sequence.last + 1
RETURNING last;

-- name: add_duplicate
-- Changes nothing when the id was seen and its time is not over.
INSERT INTO sqs_duplicate (queue, message_group, id, until_ms, message_id, sequence) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (queue, message_group, id) DO UPDATE
SET until_ms = excluded.until_ms, message_id = excluded.message_id, sequence = excluded.sequence
WHERE sqs_duplicate.until_ms <= ?;

-- name: find_duplicate
SELECT message_id, sequence FROM sqs_duplicate WHERE queue = ? AND message_group = ? AND id = ?;

-- name: delete_duplicates
DELETE FROM sqs_duplicate WHERE (queue, message_group, id) IN (
    SELECT queue, message_group, id FROM sqs_duplicate WHERE until_ms <= ? ORDER BY until_ms LIMIT ?);

-- name: add_group
INSERT INTO sqs_group (box, name, due_ms) VALUES (?, ?, ?) ON CONFLICT (box, name) DO NOTHING;

-- name: find_free_groups
SELECT name FROM sqs_group WHERE box = ? AND due_ms <= ? ORDER BY due_ms, name LIMIT ?;

-- name: find_next_group
SELECT due_ms FROM sqs_group WHERE box = ? ORDER BY due_ms LIMIT 1;

-- name: put_group_due
UPDATE sqs_group SET due_ms = ? WHERE box = ? AND name = ?;

-- name: delete_group
DELETE FROM sqs_group WHERE box = ? AND name = ?;

-- name: delete_groups
DELETE FROM sqs_group WHERE box = ? AND name IN (SELECT name FROM sqs_group WHERE box = ? LIMIT ?);

-- name: find_heads
SELECT due_ms, in_flight FROM sqs_message
WHERE box = ? AND message_group = ? AND sequence IS NOT NULL ORDER BY sequence LIMIT ?;

-- name: find_ordered
SELECT id, sent_ms, receives, earlier, message_id, sender, trace, message_group, dead_letter_source, attributes,
    first_received_ms, body_md5, body, sealed_for, sequence, deduplication_id, due_ms
FROM sqs_message WHERE box = ? AND message_group = ? AND sequence > ? ORDER BY sequence LIMIT ?;

-- name: find_in_flight
SELECT receives, due_ms, received_ms, message_group FROM sqs_message WHERE id = ? AND box = ? AND message_id = ?;

-- name: find_attempt
SELECT given FROM sqs_attempt WHERE queue = ? AND id = ? AND until_ms >= ?;

-- name: find_given
SELECT id, sent_ms, receives, earlier, message_id, sender, trace, message_group, dead_letter_source, attributes,
    first_received_ms, body_md5, body, sealed_for, sequence, deduplication_id
FROM sqs_message WHERE id = ? AND box = ? AND message_id = ? AND receives = ? AND due_ms = ?;

-- name: put_attempt
INSERT INTO sqs_attempt (queue, id, until_ms, given) VALUES (?, ?, ?, ?)
ON CONFLICT (queue, id) DO UPDATE SET until_ms = excluded.until_ms, given = excluded.given;

-- name: put_given
UPDATE sqs_attempt SET given = ? WHERE queue = ? AND id = ?;

-- name: delete_attempts
DELETE FROM sqs_attempt WHERE (queue, id) IN (
    SELECT queue, id FROM sqs_attempt WHERE until_ms <= ? ORDER BY until_ms LIMIT ?);

-- name: find_quiet
-- Of the next entries those that are of no noisy tenant: it walks along the index, and no further than it is told.
SELECT id, due_ms FROM (
    SELECT id, due_ms, message_group FROM sqs_message
    WHERE box = ? AND in_flight = ? AND due_ms > ? AND due_ms <= ? ORDER BY due_ms LIMIT ?
) AS ahead
WHERE message_group IS NULL OR message_group NOT IN (SELECT value FROM json_each(?))
LIMIT ?;

-- name: find_ahead
SELECT due_ms FROM sqs_message
WHERE box = ? AND in_flight = 0 AND due_ms > ? AND due_ms <= ? ORDER BY due_ms LIMIT 1 OFFSET ?;

-- name: find_of_tenant
SELECT id FROM sqs_message
WHERE box = ? AND message_group = ? AND sequence IS NULL AND in_flight IN (1, 0) AND due_ms > ? AND due_ms <= ?
ORDER BY in_flight DESC, due_ms LIMIT ?;

-- name: find_by_id
SELECT id, sent_ms, receives, earlier, message_id, sender, trace, message_group, dead_letter_source, attributes,
    first_received_ms, body_md5, body, sealed_for
FROM sqs_message WHERE id = ?;

-- name: find_tenant
SELECT message_group, received_ms FROM sqs_message WHERE id = ? AND box = ? AND message_id = ? AND receives = ?;
