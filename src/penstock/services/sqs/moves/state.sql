-- name: put_redriven
-- A message that leaves a dead-letter queue is a new one: AWS gives it a new id and enqueue time.
UPDATE sqs_message SET box = ?, due_ms = ?, in_flight = 0, sent_ms = ?, receives = 0, earlier = 0, received_ms = 0,
    first_received_ms = NULL, dead_letter_source = NULL, message_id = ?, sequence = ?
WHERE id = ?;

-- name: add_move
INSERT INTO sqs_move (task_id, source, destination, rate, status, started_ms, to_move, moved)
VALUES (?, ?, ?, ?, 'RUNNING', ?, ?, 0)
RETURNING id;

-- name: find_running_move
SELECT id FROM sqs_move WHERE source = ? AND status = 'RUNNING' LIMIT 1;

-- name: find_running_moves
SELECT id FROM sqs_move WHERE status = 'RUNNING' ORDER BY id;

-- name: find_move
SELECT source, destination, rate, status FROM sqs_move WHERE id = ?;

-- name: find_moves
SELECT task_id, source, destination, rate, status, started_ms, to_move, moved, failure
FROM sqs_move WHERE source = ? ORDER BY id DESC LIMIT ?;

-- name: find_move_by_task
SELECT id, status, moved FROM sqs_move WHERE source = ? AND task_id = ?;

-- name: add_moved
UPDATE sqs_move SET moved = moved + ? WHERE id = ?;

-- name: put_move_end
UPDATE sqs_move SET status = ?, failure = ? WHERE id = ?;
