-- name: add_transfer
INSERT INTO dynamodb_transfer
(account, region, table_name, kind, label, status, document, table_id, copy_id, token, begun_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: find_by_id
SELECT id, account, region, table_name, kind, label, status, document, table_id, copy_id, begun_ms
FROM dynamodb_transfer WHERE id = ?;

-- name: find_transfer
SELECT id, account, region, table_name, kind, label, status, document, table_id, copy_id, begun_ms
FROM dynamodb_transfer WHERE account = ? AND region = ? AND table_name = ? AND kind = ? AND label = ?;

-- name: find_by_token
SELECT id, account, region, table_name, kind, label, status, document, table_id, copy_id, begun_ms
FROM dynamodb_transfer WHERE account = ? AND region = ? AND kind = ? AND token = ? ORDER BY id DESC LIMIT 1;

-- name: find_transfers
SELECT id, account, region, table_name, kind, label, status, document, table_id, copy_id, begun_ms
FROM dynamodb_transfer WHERE account = ? AND region = ? AND kind = ? AND label > ? ORDER BY label LIMIT ?;

-- name: find_transfers_of_table
SELECT id, account, region, table_name, kind, label, status, document, table_id, copy_id, begun_ms
FROM dynamodb_transfer
WHERE account = ? AND region = ? AND table_name = ? AND kind = ? AND label > ? ORDER BY label LIMIT ?;

-- name: find_running
SELECT id FROM dynamodb_transfer WHERE status = 'IN_PROGRESS' ORDER BY id;

-- name: put_end
UPDATE dynamodb_transfer SET status = ?, document = ? WHERE id = ?;

-- name: put_dropped
UPDATE dynamodb_table SET dropped = 1 WHERE id = ?;

-- name: find_changed_place
SELECT hash_key, range_key FROM dynamodb_undo
WHERE table_id = ? AND (hash_key, range_key) > (?, ?) ORDER BY hash_key, range_key LIMIT 1;

-- name: find_first_change
SELECT at_ms, bytes, item FROM dynamodb_undo
WHERE table_id = ? AND hash_key = ? AND range_key = ? AND at_ms >= ? ORDER BY at_ms, id LIMIT 1;

-- name: find_last_change
SELECT at_ms FROM dynamodb_undo
WHERE table_id = ? AND hash_key = ? AND range_key = ? AND at_ms < ? ORDER BY at_ms DESC LIMIT 1;

-- name: find_live_item
SELECT item FROM dynamodb_item WHERE table_id = ? AND hash_key = ? AND range_key = ?;
