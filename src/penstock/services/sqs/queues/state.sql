-- name: find_queue
SELECT id, box, attributes, created_ms, modified_ms, purged_ms, tags
FROM sqs_queue WHERE account = ? AND region = ? AND name = ?;

-- name: add_queue
INSERT INTO sqs_queue (account, region, name, box, attributes, tags, dead_letter_arn, created_ms, modified_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: delete_queue
DELETE FROM sqs_queue WHERE id = ?;

-- name: put_attributes
UPDATE sqs_queue SET attributes = ?, dead_letter_arn = ?, modified_ms = ? WHERE id = ?;

-- name: put_queue_box
UPDATE sqs_queue SET box = ?, purged_ms = ? WHERE id = ?;

-- name: find_queues
-- The prefix is a range of names, so the page is a walk along the index.
SELECT name FROM sqs_queue WHERE account = ? AND region = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_dead_letter_sources
SELECT account, region, name FROM sqs_queue WHERE dead_letter_arn = ? AND name > ? ORDER BY name LIMIT ?;

-- name: find_tags
SELECT tags FROM sqs_queue WHERE id = ?;

-- name: put_tags
UPDATE sqs_queue SET tags = ? WHERE id = ?;

-- name: add_box
INSERT INTO sqs_box (dropped) VALUES (0) RETURNING id;

-- name: put_box_dropped
UPDATE sqs_box SET dropped = 1 WHERE id = ?;

-- name: find_count_step
-- Where a count that began at due_ms has to stop to stay short.
SELECT due_ms FROM sqs_message WHERE box = ? AND in_flight = ? AND due_ms >= ? ORDER BY due_ms LIMIT 1 OFFSET ?;

-- name: count_messages
SELECT count(*) FROM sqs_message WHERE box = ? AND in_flight = ? AND due_ms >= ? AND due_ms < ? AND sent_ms > ?;

-- name: delete_sequence
DELETE FROM sqs_sequence WHERE queue = ?;
