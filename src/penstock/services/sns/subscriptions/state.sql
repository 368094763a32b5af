-- name: add_subscription
INSERT INTO sns_subscription
(topic, number, uid, topic_arn, owner, principal, region, protocol, endpoint, state, attributes, is_authenticated,
 is_protected, token, token_ms, ends_ms, since_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)
RETURNING id;

-- name: find_last_number
SELECT max(number) FROM sns_subscription WHERE topic = ?;

-- name: find_block
SELECT id, topic, number, uid, topic_arn, owner, principal, protocol, endpoint, state, attributes, is_authenticated,
    is_protected, replay
FROM sns_subscription WHERE topic = ? AND number >= ? AND number < ? AND state = 'confirmed' ORDER BY number;

-- name: find_subscription
SELECT id, topic, number, uid, topic_arn, owner, principal, protocol, endpoint, state, attributes, is_authenticated,
    is_protected, replay
FROM sns_subscription WHERE uid = ?;

-- name: find_uids_of_endpoint
SELECT uid, state FROM sns_subscription WHERE topic = ? AND protocol = ? AND endpoint = ?;

-- name: find_uid_of_token
SELECT uid, token_ms FROM sns_subscription WHERE token = ?;

-- name: count_subscriptions
SELECT count(*) FROM sns_subscription WHERE topic = ? AND state = ?;

-- name: find_subscriptions_of_topic
SELECT number, uid, owner, protocol, endpoint, state, topic_arn FROM sns_subscription
WHERE topic = ? AND number > ? AND state <> 'deleted' ORDER BY number LIMIT ?;

-- name: find_subscriptions_of_owner
-- Two walks along the index, one for each state, which the caller merges.
SELECT s.id, s.uid, s.owner, s.protocol, s.endpoint, s.state, s.topic_arn
FROM sns_subscription s JOIN sns_topic t ON t.id = s.topic AND t.dropped = 0
WHERE s.owner = ? AND s.region = ? AND s.state = ? AND s.id > ? ORDER BY s.id LIMIT ?;

-- name: put_token
UPDATE sns_subscription SET token = ?, token_ms = ?, ends_ms = ? WHERE id = ?;

-- name: put_confirmed
UPDATE sns_subscription SET state = 'confirmed', ends_ms = NULL, is_authenticated = ?, is_protected = ?, owner = ?,
    since_ms = ?
WHERE id = ?;

-- name: put_deleted
UPDATE sns_subscription SET state = 'deleted', token = ?, token_ms = ?, ends_ms = ? WHERE id = ?;

-- name: put_replay
UPDATE sns_subscription SET replay = ? WHERE id = ?;

-- name: put_attributes
UPDATE sns_subscription SET attributes = ?, changed_ms = ? WHERE id = ?;

-- name: find_times
SELECT since_ms, changed_ms FROM sns_subscription WHERE id = ?;
