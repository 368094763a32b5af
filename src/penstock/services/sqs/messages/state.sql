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
SELECT id, message_id, trace, length(body) FROM sqs_message
WHERE box = ? AND in_flight = ? AND due_ms <= ? ORDER BY due_ms LIMIT ?;

-- name: delete_message
DELETE FROM sqs_message WHERE id = ?;

-- name: add_message
INSERT INTO sqs_message (box, due_ms, in_flight, sent_ms, receives, earlier, received_ms, message_id, sender, trace,
    message_group, dead_letter_source, attributes, body_md5, body)
VALUES (?, ?, 0, ?, 0, 0, 0, ?, ?, ?, ?, NULL, ?, ?, ?)
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
    first_received_ms, body_md5, body
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

-- name: find_received
SELECT received_ms FROM sqs_message WHERE id = ? AND box = ? AND message_id = ?;

-- name: put_due
UPDATE sqs_message SET due_ms = ? WHERE id = ?;

-- name: put_dead_letter
UPDATE sqs_message SET box = ?, due_ms = ?, in_flight = 0, earlier = receives, received_ms = 0, dead_letter_source = ?
WHERE id = ?;
