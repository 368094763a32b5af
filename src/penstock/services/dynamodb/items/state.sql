-- name: find_item
SELECT id, item, bytes FROM dynamodb_item WHERE table_id = ? AND hash_key = ? AND range_key = ?;

-- name: add_item
INSERT INTO dynamodb_item (table_id, hash_key, range_key, item, bytes) VALUES (?, ?, ?, ?, ?)
RETURNING id;

-- name: put_item
UPDATE dynamodb_item SET item = ?, bytes = ? WHERE id = ?;

-- name: delete_item
DELETE FROM dynamodb_item WHERE id = ?;

-- name: add_entry
INSERT INTO dynamodb_entry (index_id, hash_key, range_key, item_hash, item_range, item_id) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (index_id, hash_key, range_key, item_hash, item_range) DO NOTHING;

-- name: delete_entry
DELETE FROM dynamodb_entry
WHERE index_id = ? AND hash_key = ? AND range_key = ? AND item_hash = ? AND item_range = ?;

-- name: add_count
INSERT INTO dynamodb_count (table_id, index_id, shard, items, bytes) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (table_id, index_id, shard)
DO UPDATE SET items = dynamodb_count.items + excluded.items, bytes = dynamodb_count.bytes + excluded.bytes;

-- name: put_next_sequence
UPDATE dynamodb_stream SET sequence = sequence + 1 WHERE id = ? RETURNING sequence;

-- name: add_change
INSERT INTO dynamodb_changes (stream_id, sequence, created_ms, change) VALUES (?, ?, ?, ?);

-- name: add_former
INSERT INTO dynamodb_undo (table_id, hash_key, range_key, at_ms, bytes, item) VALUES (?, ?, ?, ?, ?, ?);
