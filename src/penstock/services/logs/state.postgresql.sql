-- name: add_events
-- The text of an event comes out of the JSON without the escape of the store's texts (see store/postgresql/types.py).
INSERT INTO logs_event (log_group, stream, time_ms, ingested_ms, sealed_by, message)
SELECT ?, ?, (event.value ->> 0)::bigint, ?, ?, replace(event.value ->> 1, E'\x01', E'\x01\x02')
FROM json_array_elements(?::json) WITH ORDINALITY AS event (value, place) ORDER BY event.place;

-- name: add_events_told
INSERT INTO logs_event (log_group, stream, time_ms, ingested_ms, sealed_by, message)
SELECT ?, ?, (event.value ->> 0)::bigint, ?, ?, replace(event.value ->> 1, E'\x01', E'\x01\x02')
FROM json_array_elements(?::json) WITH ORDINALITY AS event (value, place) ORDER BY event.place
RETURNING id;
