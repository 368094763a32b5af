-- name: find_deduplication
SELECT until_ms, message_id, sequence FROM sns_deduplication WHERE topic = ? AND message_group = ? AND deduplication_id = ?;

-- name: put_deduplication
INSERT INTO sns_deduplication (topic, message_group, deduplication_id, until_ms, message_id, sequence)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (topic, message_group, deduplication_id) DO UPDATE
SET until_ms = excluded.until_ms, message_id = excluded.message_id, sequence = excluded.sequence;

-- name: put_next_sequence
UPDATE sns_topic SET sequence = sequence + 1 WHERE id = ?;

-- name: find_sequence
SELECT sequence FROM sns_topic WHERE id = ?;

-- name: add_archived
INSERT INTO sns_archive (topic, sequence, time_ms, until_ms, notification) VALUES (?, ?, ?, ?, ?);

-- name: find_archived
-- Numbers grow with time: what was published too early is passed over once, before the first page.
SELECT notification FROM sns_archive WHERE topic = ? AND sequence > ? AND time_ms >= ? ORDER BY sequence LIMIT ?;
