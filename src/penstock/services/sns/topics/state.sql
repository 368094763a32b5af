-- name: find_topic
SELECT id, attributes, tags, created_ms, archive_ms FROM sns_topic WHERE account = ? AND region = ? AND name = ? AND dropped = 0;

-- name: count_topics
-- All of the account's, and those whose names are like a FIFO topic's.
SELECT count(*), count(CASE WHEN name LIKE ? THEN 1 END) FROM sns_topic WHERE account = ? AND region = ? AND dropped = 0;

-- name: add_topic
INSERT INTO sns_topic (account, region, name, attributes, tags, created_ms, dropped, sequence, archive_ms)
VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?)
RETURNING id;

-- name: put_dropped
UPDATE sns_topic SET dropped = 1 WHERE id = ?;

-- name: put_attributes
UPDATE sns_topic SET attributes = ?, archive_ms = ? WHERE id = ?;

-- name: find_topics
SELECT name FROM sns_topic WHERE account = ? AND region = ? AND name > ? AND dropped = 0 ORDER BY name LIMIT ?;

-- name: find_tags
SELECT tags FROM sns_topic WHERE id = ?;

-- name: put_tags
UPDATE sns_topic SET tags = ? WHERE id = ?;

-- name: count_subscriptions
SELECT count(*) FROM sns_subscription WHERE topic = ? AND state = ?;

-- name: find_large_unfit
-- Of a topic with few subscriptions: some that could not take large messages.
SELECT id FROM sns_subscription WHERE topic = ? AND protocol NOT IN ('sqs', 'lambda') LIMIT 1;
