-- name: find_visible
-- It does not walk one index range for each of the two.
WITH asked AS (SELECT ?::bigint AS box, ?::bigint AS horizon_ms, ?::bigint AS now_ms, ?::bigint AS wanted)
SELECT found.* FROM asked, (VALUES (1), (0)) AS part (in_flight), LATERAL (
    SELECT id, sent_ms, receives, earlier, message_id, sender, trace, message_group, dead_letter_source, attributes,
        first_received_ms, body_md5, body, sealed_for
    FROM sqs_message
    WHERE box = asked.box AND in_flight = part.in_flight AND due_ms > asked.horizon_ms AND due_ms <= asked.now_ms
    ORDER BY due_ms LIMIT asked.wanted
) AS found
LIMIT (SELECT wanted FROM asked);

-- name: find_quiet
SELECT id, due_ms FROM (
    SELECT id, due_ms, message_group FROM sqs_message
    WHERE box = ? AND in_flight = ? AND due_ms > ? AND due_ms <= ? ORDER BY due_ms LIMIT ?
) AS ahead
WHERE message_group IS NULL OR message_group NOT IN (SELECT json_array_elements_text(?::json))
LIMIT ?;
