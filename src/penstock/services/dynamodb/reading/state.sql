-- name: find_items
SELECT item, bytes FROM dynamodb_item
WHERE table_id = ? AND (hash_key, range_key) >= (?, ?) AND (hash_key, range_key) < (?, ?)
ORDER BY hash_key, range_key LIMIT ?;

-- name: find_items_backward
SELECT item, bytes FROM dynamodb_item
WHERE table_id = ? AND (hash_key, range_key) >= (?, ?) AND (hash_key, range_key) < (?, ?)
ORDER BY hash_key DESC, range_key DESC LIMIT ?;

-- name: find_entries
SELECT i.item, i.bytes FROM dynamodb_entry e JOIN dynamodb_item i ON i.id = e.item_id
WHERE e.index_id = ? AND (e.hash_key, e.range_key, e.item_hash, e.item_range) >= (?, ?, ?, ?)
AND (e.hash_key, e.range_key, e.item_hash, e.item_range) < (?, ?, ?, ?)
ORDER BY e.hash_key, e.range_key, e.item_hash, e.item_range LIMIT ?;

-- name: find_entries_backward
SELECT i.item, i.bytes FROM dynamodb_entry e JOIN dynamodb_item i ON i.id = e.item_id
WHERE e.index_id = ? AND (e.hash_key, e.range_key, e.item_hash, e.item_range) >= (?, ?, ?, ?)
AND (e.hash_key, e.range_key, e.item_hash, e.item_range) < (?, ?, ?, ?)
ORDER BY e.hash_key DESC, e.range_key DESC, e.item_hash DESC, e.item_range DESC LIMIT ?;

-- name: find_item_sizes
SELECT bytes FROM dynamodb_item
WHERE table_id = ? AND (hash_key, range_key) >= (?, ?) AND (hash_key, range_key) < (?, ?)
ORDER BY hash_key, range_key LIMIT ?;

-- name: find_item_sizes_backward
SELECT bytes FROM dynamodb_item
WHERE table_id = ? AND (hash_key, range_key) >= (?, ?) AND (hash_key, range_key) < (?, ?)
ORDER BY hash_key DESC, range_key DESC LIMIT ?;

-- name: find_entry_sizes
SELECT i.bytes FROM dynamodb_entry e JOIN dynamodb_item i ON i.id = e.item_id
WHERE e.index_id = ? AND (e.hash_key, e.range_key, e.item_hash, e.item_range) >= (?, ?, ?, ?)
AND (e.hash_key, e.range_key, e.item_hash, e.item_range) < (?, ?, ?, ?)
ORDER BY e.hash_key, e.range_key, e.item_hash, e.item_range LIMIT ?;

-- name: find_entry_sizes_backward
SELECT i.bytes FROM dynamodb_entry e JOIN dynamodb_item i ON i.id = e.item_id
WHERE e.index_id = ? AND (e.hash_key, e.range_key, e.item_hash, e.item_range) >= (?, ?, ?, ?)
AND (e.hash_key, e.range_key, e.item_hash, e.item_range) < (?, ?, ?, ?)
ORDER BY e.hash_key DESC, e.range_key DESC, e.item_hash DESC, e.item_range DESC LIMIT ?;
