-- name: count_in_flight
SELECT coalesce(sum(in_flight), 0) FROM sqs_message WHERE box = ? AND due_ms > ?;
