-- name: every_queue
SELECT id, account, region, name FROM sqs_queue WHERE id > ? ORDER BY id LIMIT ?;

-- name: dropped_box
SELECT id FROM sqs_box WHERE dropped = 1 ORDER BY id LIMIT 1;

-- name: forget_box
DELETE FROM sqs_box WHERE id = ?;

-- name: some_of_box
SELECT id FROM sqs_message WHERE box = ? ORDER BY due_ms LIMIT ?;

-- name: some_expired
-- A message is due no earlier than it was sent, so whatever was due before the horizon is too old.
SELECT id, message_id, trace FROM sqs_message WHERE box = ? AND due_ms <= ? ORDER BY due_ms LIMIT ?;

-- name: drop_message
DELETE FROM sqs_message WHERE id = ?;

-- name: add_message
INSERT INTO sqs_message (box, due_ms, in_flight, sent_ms, receives, earlier, received_ms, message_id, sender, trace,
    message_group, dead_letter_source, attributes, body_md5, body)
VALUES (?, ?, 0, ?, 0, 0, 0, ?, ?, ?, ?, NULL, ?, ?, ?)
RETURNING id;

-- name: next_due
SELECT due_ms FROM sqs_message WHERE box = ? AND due_ms > ? ORDER BY due_ms LIMIT 1;

-- name: visible
-- Starts behind what has expired, however much that is.
SELECT id, sent_ms, receives, earlier, message_id, sender, trace, message_group, dead_letter_source, attributes,
    first_received_ms, body_md5, body
FROM sqs_message WHERE box = ? AND due_ms > ? AND due_ms <= ? ORDER BY due_ms LIMIT ?;

-- name: receive
UPDATE sqs_message SET due_ms = ?, in_flight = 1, receives = receives + 1, received_ms = ?,
    first_received_ms = coalesce(first_received_ms, ?)
WHERE id = ?;

-- name: give_back
UPDATE sqs_message SET due_ms = ?, in_flight = 0, receives = receives - 1
WHERE id = ? AND box = ? AND message_id = ? AND receives = ?;

-- name: delete
DELETE FROM sqs_message WHERE id = ? AND box = ? AND message_id = ? AND receives = ?;

-- name: in_flight_message
SELECT due_ms, received_ms FROM sqs_message WHERE id = ? AND box = ? AND message_id = ? AND receives = ?;

-- name: set_due
UPDATE sqs_message SET due_ms = ? WHERE id = ?;

-- name: move
UPDATE sqs_message SET box = ?, due_ms = ?, in_flight = 0, earlier = receives, received_ms = 0, dead_letter_source = ?
WHERE id = ?;
