-- name: count_in_flight
SELECT count(*) FROM sqs_message WHERE box = ? AND in_flight = 1 AND due_ms > ?;

-- name: count_in_flight_of
SELECT count(*) FROM (SELECT 1 FROM sqs_message
    WHERE box = ? AND message_group = ? AND sequence IS NULL AND in_flight = 1 AND due_ms > ? LIMIT ?) AS counted;

-- name: find_used_queues
-- With 1 where the queue holds a message; what is too old for it counts, too, for it is looked at but once.
SELECT q.id, q.account, q.region, q.name, EXISTS (SELECT 1 FROM sqs_message AS m WHERE m.box = q.box)
FROM sqs_queue AS q WHERE q.id > ? ORDER BY q.id LIMIT ?;

-- name: find_oldest_fresh
SELECT sent_ms, due_ms, dead_letter_source FROM sqs_message
WHERE box = ? AND in_flight = 0 AND due_ms > ? ORDER BY due_ms LIMIT 1;

-- name: find_oldest_received
SELECT min(sent_ms) FROM (
    SELECT sent_ms, receives FROM sqs_message
    WHERE box = ? AND in_flight = 1 AND due_ms > ? ORDER BY due_ms LIMIT ?
) AS head
WHERE receives < ?;

-- name: count_groups_in_flight
-- Few: those that the inner query is told.
SELECT count(DISTINCT message_group) FROM (
    SELECT message_group FROM sqs_message
    WHERE box = ? AND in_flight = 1 AND due_ms > ? ORDER BY due_ms LIMIT ?
) AS head;
