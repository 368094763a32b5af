-- name: find_ended
SELECT id, topic, number, uid FROM sns_subscription WHERE ends_ms < ? ORDER BY ends_ms LIMIT ?;

-- name: find_dropped_topic
SELECT id FROM sns_topic WHERE dropped = 1 ORDER BY id LIMIT 1;

-- name: find_some_of_topic
SELECT id, topic, number, uid FROM sns_subscription WHERE topic = ? ORDER BY number LIMIT ?;

-- name: delete_subscription
DELETE FROM sns_subscription WHERE id = ?;

-- name: delete_topic
DELETE FROM sns_topic WHERE id = ?;

-- name: find_old_deduplications
SELECT topic, message_group, deduplication_id FROM sns_deduplication WHERE until_ms < ? ORDER BY until_ms LIMIT ?;

-- name: delete_deduplication
DELETE FROM sns_deduplication WHERE topic = ? AND message_group = ? AND deduplication_id = ?;

-- name: find_old_archived
SELECT topic, sequence FROM sns_archive WHERE until_ms < ? ORDER BY until_ms LIMIT ?;

-- name: find_some_archived
SELECT topic, sequence FROM sns_archive WHERE topic = ? LIMIT ?;

-- name: delete_archived
DELETE FROM sns_archive WHERE topic = ? AND sequence = ?;
