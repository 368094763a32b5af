-- name: count_in_flight
SELECT count(*) FROM sqs_message WHERE box = ? AND in_flight = 1 AND due_ms > ?;

-- name: count_in_flight_of
SELECT count(*) FROM (SELECT 1 FROM sqs_message
    WHERE box = ? AND message_group = ? AND sequence IS NULL AND in_flight = 1 AND due_ms > ? LIMIT ?) AS counted;
