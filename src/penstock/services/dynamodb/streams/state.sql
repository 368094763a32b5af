-- name: find_stream_row
SELECT id, account, region, table_name, label, document, created_ms, ended_ms, sequence
FROM dynamodb_stream WHERE account = ? AND region = ? AND table_name = ? AND label = ?;

-- name: find_streams
SELECT id, account, region, table_name, label, document, created_ms, ended_ms, sequence
FROM dynamodb_stream WHERE account = ? AND region = ? AND (table_name, label) > (?, ?)
ORDER BY table_name, label LIMIT ?;

-- name: find_streams_of_table
SELECT id, account, region, table_name, label, document, created_ms, ended_ms, sequence
FROM dynamodb_stream WHERE account = ? AND region = ? AND table_name = ? AND label > ? ORDER BY label LIMIT ?;

-- name: find_changes
SELECT sequence, created_ms, change FROM dynamodb_changes
WHERE stream_id = ? AND sequence >= ? ORDER BY sequence LIMIT ?;

-- name: find_change_time
SELECT sequence, created_ms FROM dynamodb_changes WHERE stream_id = ? AND sequence >= ? ORDER BY sequence LIMIT 1;

-- name: find_readers
SELECT part, sequence, until, tries, due_ms, window_s, state FROM dynamodb_reader WHERE mapping = ? ORDER BY part;

-- name: delete_readers
DELETE FROM dynamodb_reader WHERE mapping = ?;

-- name: add_reader
INSERT INTO dynamodb_reader (mapping, part, stream_id, sequence, until, tries, due_ms, window_s, state)
VALUES (?, ?, ?, ?, NULL, 0, 0, NULL, '{}');

-- name: put_reader
UPDATE dynamodb_reader SET sequence = ?, until = ?, tries = ?, due_ms = ?, window_s = ?, state = ?
WHERE mapping = ? AND part = ?;
