-- name: queue_by_name
SELECT id, box, attributes, created_ms, modified_ms, purged_ms FROM sqs_queue WHERE account = ? AND region = ? AND name = ?;

-- name: add_queue
INSERT INTO sqs_queue (account, region, name, box, attributes, tags, dead_letter_arn, created_ms, modified_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: drop_queue
DELETE FROM sqs_queue WHERE id = ?;

-- name: set_attributes
UPDATE sqs_queue SET attributes = ?, dead_letter_arn = ?, modified_ms = ? WHERE id = ?;

-- name: set_box
UPDATE sqs_queue SET box = ?, purged_ms = ? WHERE id = ?;

-- name: list_queues
-- The prefix is a range of names, so the page is a walk along the index.
SELECT name FROM sqs_queue WHERE account = ? AND region = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: every_queue
SELECT id, account, region, name FROM sqs_queue WHERE id > ? ORDER BY id LIMIT ?;

-- name: dead_letter_sources
SELECT account, region, name FROM sqs_queue WHERE dead_letter_arn = ? AND name > ? ORDER BY name LIMIT ?;

-- name: tags
SELECT tags FROM sqs_queue WHERE id = ?;

-- name: set_tags
UPDATE sqs_queue SET tags = ? WHERE id = ?;

-- name: add_box
INSERT INTO sqs_box (dropped) VALUES (0);

-- name: drop_box
UPDATE sqs_box SET dropped = 1 WHERE id = ?;

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
VALUES (?, ?, 0, ?, 0, 0, 0, ?, ?, ?, ?, NULL, ?, ?, ?);

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

-- name: count_step
-- Where a count that began at due_ms has to stop to stay short.
SELECT due_ms FROM sqs_message WHERE box = ? AND due_ms >= ? ORDER BY due_ms LIMIT 1 OFFSET ?;

-- name: count
SELECT count(*), sum(in_flight) FROM sqs_message WHERE box = ? AND due_ms >= ? AND due_ms < ? AND sent_ms > ?;

-- name: count_in_flight
SELECT coalesce(sum(in_flight), 0) FROM sqs_message WHERE box = ? AND due_ms > ?;

-- name: redrive
-- A message that leaves a dead-letter queue is a new one: AWS gives it a new id and enqueue time.
UPDATE sqs_message SET box = ?, due_ms = ?, in_flight = 0, sent_ms = ?, receives = 0, earlier = 0, received_ms = 0,
    first_received_ms = NULL, dead_letter_source = NULL, message_id = ?
WHERE id = ?;

-- name: add_move
INSERT INTO sqs_move (task_id, source, destination, rate, status, started_ms, to_move, moved)
VALUES (?, ?, ?, ?, 'RUNNING', ?, ?, 0);

-- name: running_move_of
SELECT id FROM sqs_move WHERE source = ? AND status = 'RUNNING' LIMIT 1;

-- name: running_moves
SELECT id FROM sqs_move WHERE status = 'RUNNING' ORDER BY id;

-- name: move_by_id
SELECT source, destination, rate, status FROM sqs_move WHERE id = ?;

-- name: moves_of
SELECT task_id, source, destination, rate, status, started_ms, to_move, moved, failure
FROM sqs_move WHERE source = ? ORDER BY id DESC LIMIT ?;

-- name: move_by_task
SELECT id, status, moved FROM sqs_move WHERE source = ? AND task_id = ?;

-- name: count_moved
UPDATE sqs_move SET moved = moved + ? WHERE id = ?;

-- name: end_move
UPDATE sqs_move SET status = ?, failure = ? WHERE id = ?;
