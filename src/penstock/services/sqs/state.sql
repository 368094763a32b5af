-- name: count_in_flight
SELECT count(*) FROM sqs_message WHERE box = ? AND in_flight = 1 AND due_ms > ?;
