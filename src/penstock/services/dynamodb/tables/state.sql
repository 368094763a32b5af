-- name: find_table
SELECT id, uid, document, tags, policy, created_ms FROM dynamodb_table
WHERE account = ? AND region = ? AND name = ? AND dropped = 0;

-- name: add_table
INSERT INTO dynamodb_table (account, region, name, uid, document, tags, policy, created_ms, dropped)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)
RETURNING id;

-- name: put_document
UPDATE dynamodb_table SET document = ? WHERE id = ?;

-- name: put_tags
UPDATE dynamodb_table SET tags = ? WHERE id = ?;

-- name: put_policy
UPDATE dynamodb_table SET policy = ? WHERE id = ?;

-- name: find_policy
SELECT policy FROM dynamodb_table WHERE id = ?;

-- name: find_names
SELECT name FROM dynamodb_table WHERE account = ? AND region = ? AND name > ? AND dropped = 0 ORDER BY name LIMIT ?;

-- name: count_tables
SELECT count(*) FROM dynamodb_table WHERE account = ? AND region = ? AND dropped = 0;

-- name: find_indexes
SELECT id, name, kind, state, document FROM dynamodb_index WHERE table_id = ? ORDER BY id;

-- name: add_index
INSERT INTO dynamodb_index (table_id, name, kind, state, document, cursor_hash, cursor_range)
VALUES (?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_index_state
UPDATE dynamodb_index SET state = ? WHERE id = ?;

-- name: put_index_document
UPDATE dynamodb_index SET document = ? WHERE id = ?;

-- name: find_counts
SELECT index_id, sum(items), sum(bytes) FROM dynamodb_count WHERE table_id = ? GROUP BY index_id;

-- name: add_stream
INSERT INTO dynamodb_stream (table_id, account, region, table_name, label, document, created_ms, sequence)
VALUES (?, ?, ?, ?, ?, ?, ?, 0)
RETURNING id;

-- name: put_stream_ended
UPDATE dynamodb_stream SET ended_ms = ? WHERE id = ?;

-- name: find_stream
SELECT id FROM dynamodb_stream WHERE account = ? AND region = ? AND table_name = ? AND label = ?;

-- name: find_key
SELECT account, region, name, dropped FROM dynamodb_table WHERE id = ?;

-- name: add_copy
INSERT INTO dynamodb_copy (source_id, moment_ms, target_id, state, cursor_hash, cursor_range)
VALUES (?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: find_other_copy
SELECT id FROM dynamodb_copy WHERE source_id = ? AND id <> ? AND state <> 'CLEARING' LIMIT 1;

-- name: find_copy_of
SELECT id FROM dynamodb_copy WHERE source_id = ? AND state <> 'CLEARING' LIMIT 1;

-- name: put_copy_clearing
UPDATE dynamodb_copy SET state = 'CLEARING' WHERE id = ?;

-- name: delete_copy
DELETE FROM dynamodb_copy WHERE id = ?;

-- name: put_dropped
UPDATE dynamodb_table SET dropped = 1 WHERE id = ?;
