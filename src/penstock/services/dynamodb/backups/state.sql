-- name: find_items_after
SELECT hash_key, range_key, bytes FROM dynamodb_item
WHERE table_id = ? AND (hash_key, range_key) > (?, ?) ORDER BY hash_key, range_key LIMIT ?;

-- name: find_item_at
SELECT id, item, bytes FROM dynamodb_item WHERE table_id = ? AND hash_key = ? AND range_key = ?;

-- name: find_former_place
SELECT hash_key, range_key FROM dynamodb_undo
WHERE table_id = ? AND (hash_key, range_key) > (?, ?) ORDER BY hash_key, range_key LIMIT 1;

-- name: find_former
SELECT bytes, item FROM dynamodb_undo
WHERE table_id = ? AND hash_key = ? AND range_key = ? AND at_ms >= ? ORDER BY at_ms, id LIMIT 1;

-- name: find_counts
SELECT index_id, sum(items), sum(bytes) FROM dynamodb_count WHERE table_id = ? GROUP BY index_id;

-- name: add_kept_table
INSERT INTO dynamodb_table (account, region, name, uid, document, tags, policy, created_ms, dropped)
VALUES (?, ?, ?, '', '{}', '{}', '', ?, 2)
RETURNING id;

-- name: put_dropped
UPDATE dynamodb_table SET dropped = 1 WHERE id = ?;

-- name: add_backup
INSERT INTO dynamodb_backup
(account, region, table_name, label, kind, document, items_id, is_whole, created_ms, expires_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?)
RETURNING id;

-- name: find_backup
SELECT id, account, region, table_name, label, kind, document, items_id, is_whole, created_ms, expires_ms
FROM dynamodb_backup WHERE account = ? AND region = ? AND table_name = ? AND label = ?;

-- name: find_backups
SELECT id, account, region, table_name, label, kind, document, items_id, is_whole, created_ms, expires_ms
FROM dynamodb_backup WHERE account = ? AND region = ? AND label >= ? AND label < ? AND label > ? AND kind IN (?, ?)
ORDER BY label LIMIT ?;

-- name: find_backups_of_table
SELECT id, account, region, table_name, label, kind, document, items_id, is_whole, created_ms, expires_ms
FROM dynamodb_backup
WHERE account = ? AND region = ? AND table_name = ? AND label >= ? AND label < ? AND label > ? AND kind IN (?, ?)
ORDER BY label LIMIT ?;

-- name: delete_backup
DELETE FROM dynamodb_backup WHERE id = ?;

-- name: put_whole
UPDATE dynamodb_backup SET is_whole = 1 WHERE items_id = ?;

-- name: put_kept
UPDATE dynamodb_table SET dropped = 2 WHERE id = ?;

-- name: put_index_leaving
UPDATE dynamodb_index SET state = 'DELETING' WHERE id = ?;
