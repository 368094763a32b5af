-- name: find_unfinished
SELECT i.id, t.account, t.region, t.name, i.cursor_hash, i.cursor_range
FROM dynamodb_index i JOIN dynamodb_table t ON t.id = i.table_id
WHERE i.state <> 'ACTIVE' AND i.state = 'CREATING' AND t.dropped = 0 AND i.id > ? ORDER BY i.id LIMIT 1;

-- name: put_cursor
UPDATE dynamodb_index SET cursor_hash = ?, cursor_range = ? WHERE id = ?;

-- name: put_state
UPDATE dynamodb_index SET state = ? WHERE id = ?;

-- name: find_items_after
SELECT hash_key, range_key, bytes FROM dynamodb_item
WHERE table_id = ? AND (hash_key, range_key) > (?, ?) ORDER BY hash_key, range_key LIMIT ?;

-- name: find_expiring
SELECT i.id, t.account, t.region, t.name FROM dynamodb_index i JOIN dynamodb_table t ON t.id = i.table_id
WHERE i.kind = 'EXPIRY' AND i.state <> 'DELETING' AND t.dropped = 0 AND i.id > ? ORDER BY i.id LIMIT 1;

-- name: find_expired
SELECT e.item_hash, e.item_range, i.bytes
FROM dynamodb_entry e JOIN dynamodb_item i ON i.id = e.item_id
WHERE e.index_id = ? AND e.hash_key = ? AND e.range_key >= ? AND e.range_key < ?
ORDER BY e.range_key, e.item_hash, e.item_range LIMIT ?;

-- name: find_leaving
SELECT i.id, i.table_id, t.account, t.region, t.name FROM dynamodb_index i JOIN dynamodb_table t ON t.id = i.table_id
WHERE i.state <> 'ACTIVE' AND i.state = 'DELETING' ORDER BY i.id LIMIT 1;

-- name: find_entries
SELECT hash_key, range_key, item_hash, item_range FROM dynamodb_entry WHERE index_id = ? LIMIT ?;

-- name: delete_entry
DELETE FROM dynamodb_entry
WHERE index_id = ? AND hash_key = ? AND range_key = ? AND item_hash = ? AND item_range = ?;

-- name: delete_index
DELETE FROM dynamodb_index WHERE id = ?;

-- name: delete_counts
DELETE FROM dynamodb_count WHERE table_id = ? AND index_id = ?;

-- name: find_dropped
SELECT id FROM dynamodb_table
WHERE dropped = 1 AND NOT EXISTS (
    SELECT 1 FROM dynamodb_copy c WHERE c.source_id = dynamodb_table.id AND c.state <> 'CLEARING'
) ORDER BY id LIMIT 1;

-- name: find_index_of
SELECT id FROM dynamodb_index WHERE table_id = ? LIMIT 1;

-- name: find_some_items
SELECT id, bytes FROM dynamodb_item WHERE table_id = ? LIMIT ?;

-- name: delete_item
DELETE FROM dynamodb_item WHERE id = ?;

-- name: delete_table
DELETE FROM dynamodb_table WHERE id = ?;

-- name: find_old_changes
SELECT stream_id, sequence FROM dynamodb_changes WHERE created_ms < ? ORDER BY created_ms LIMIT ?;

-- name: delete_change
DELETE FROM dynamodb_changes WHERE stream_id = ? AND sequence = ?;

-- name: find_old_streams
SELECT id FROM dynamodb_stream WHERE ended_ms < ? ORDER BY ended_ms LIMIT ?;

-- name: delete_stream
DELETE FROM dynamodb_stream WHERE id = ?;

-- name: find_old_tokens
SELECT account, region, token FROM dynamodb_token WHERE until_ms < ? ORDER BY until_ms LIMIT ?;

-- name: delete_token
DELETE FROM dynamodb_token WHERE account = ? AND region = ? AND token = ?;

-- name: delete_readers
DELETE FROM dynamodb_reader WHERE stream_id = ?;

-- name: find_copies
SELECT id FROM dynamodb_copy WHERE state = 'RUNNING' ORDER BY id LIMIT ?;

-- name: find_copy
SELECT source_id, moment_ms, target_id, cursor_hash, cursor_range FROM dynamodb_copy WHERE id = ? AND state = 'RUNNING';

-- name: put_copy_cursor
UPDATE dynamodb_copy SET cursor_hash = ?, cursor_range = ? WHERE id = ?;

-- name: add_copied
INSERT INTO dynamodb_item (table_id, hash_key, range_key, item, bytes) VALUES (?, ?, ?, ?, ?)
RETURNING id;

-- name: put_whole
UPDATE dynamodb_backup SET is_whole = 1 WHERE items_id = ?;

-- name: find_clearing
SELECT id, source_id FROM dynamodb_copy WHERE state = 'CLEARING' ORDER BY id LIMIT 1;

-- name: delete_copy
DELETE FROM dynamodb_copy WHERE id = ?;

-- name: find_some_former
SELECT id, bytes FROM dynamodb_undo WHERE table_id = ? LIMIT ?;

-- name: find_old_former
SELECT id, bytes FROM dynamodb_undo WHERE at_ms < ? ORDER BY at_ms LIMIT ?;

-- name: delete_former
DELETE FROM dynamodb_undo WHERE id = ?;

-- name: find_old_backup
SELECT id, items_id FROM dynamodb_backup WHERE expires_ms IS NOT NULL AND expires_ms < ? ORDER BY expires_ms LIMIT 1;

-- name: delete_backup
DELETE FROM dynamodb_backup WHERE id = ?;

-- name: put_dropped
UPDATE dynamodb_table SET dropped = 1 WHERE id = ?;

-- name: find_old_transfers
SELECT id FROM dynamodb_transfer WHERE begun_ms < ? AND status <> 'IN_PROGRESS' ORDER BY begun_ms LIMIT ?;

-- name: delete_transfer
DELETE FROM dynamodb_transfer WHERE id = ?;
