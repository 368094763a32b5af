-- name: find_group
SELECT id, class, retention_days, protected, created_ms, tags, data_key FROM logs_group
WHERE account = ? AND region = ? AND name = ? AND dropped = 0;

-- name: add_group
INSERT INTO logs_group (account, region, name, class, protected, created_ms, stored_bytes, tags, dropped)
VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0)
RETURNING id;

-- name: put_group_dropped
UPDATE logs_group SET dropped = 1 WHERE id = ?;

-- name: put_retention
UPDATE logs_group SET retention_days = ? WHERE id = ?;

-- name: put_protected
UPDATE logs_group SET protected = ? WHERE id = ?;

-- name: add_stored_bytes
UPDATE logs_group SET stored_bytes = stored_bytes + ? WHERE id = ?;

-- name: find_groups
SELECT name, class, retention_days, protected, created_ms, stored_bytes, kms_key,
    (SELECT COUNT(*) FROM logs_metric_filter f WHERE f.log_group = logs_group.id) FROM logs_group
WHERE account = ? AND region = ? AND name >= ? AND name < ? AND dropped = 0 ORDER BY name LIMIT ?;

-- name: find_tags
SELECT tags FROM logs_group WHERE id = ?;

-- name: put_tags
UPDATE logs_group SET tags = ? WHERE id = ?;

-- name: find_stream
SELECT id FROM logs_stream WHERE log_group = ? AND name = ? AND dropped = 0;

-- name: add_stream
INSERT INTO logs_stream (log_group, name, created_ms, first_event_ms, last_event_ms, last_ingested_ms, dropped)
VALUES (?, ?, ?, 0, 0, 0, 0)
RETURNING id;

-- name: put_stream_dropped
UPDATE logs_stream SET dropped = 1 WHERE id = ?;

-- name: put_event_times
UPDATE logs_stream SET
    first_event_ms = CASE WHEN first_event_ms = 0 OR first_event_ms > ? THEN ? ELSE first_event_ms END,
    last_event_ms = CASE WHEN last_event_ms < ? THEN ? ELSE last_event_ms END,
    last_ingested_ms = ?
WHERE id = ?;

-- name: find_streams_by_name
SELECT name, created_ms, first_event_ms, last_event_ms, last_ingested_ms FROM logs_stream
WHERE log_group = ? AND name >= ? AND name < ? AND dropped = 0 ORDER BY name LIMIT ?;

-- name: find_streams_by_name_descending
SELECT name, created_ms, first_event_ms, last_event_ms, last_ingested_ms FROM logs_stream
WHERE log_group = ? AND name >= ? AND name < ? AND dropped = 0 ORDER BY name DESC LIMIT ?;

-- name: find_streams_by_time
SELECT name, created_ms, first_event_ms, last_event_ms, last_ingested_ms FROM logs_stream
WHERE log_group = ? AND (last_event_ms, name) > (?, ?) AND dropped = 0 ORDER BY last_event_ms, name LIMIT ?;

-- name: find_streams_by_time_descending
SELECT name, created_ms, first_event_ms, last_event_ms, last_ingested_ms FROM logs_stream
WHERE log_group = ? AND (last_event_ms, name) < (?, ?) AND dropped = 0 ORDER BY last_event_ms DESC, name DESC LIMIT ?;

-- name: add_events
-- One statement for a batch: the events come as JSON [[time, message], …].
-- Few: it sorts these, 1,000 at most.
INSERT INTO logs_event (log_group, stream, time_ms, ingested_ms, sealed_by, message)
SELECT ?, ?, json_extract(value, '$[0]'), ?, ?, json_extract(value, '$[1]') FROM json_each(?) ORDER BY key;

-- name: add_events_told
-- As add_events, for who must know how the events are called.
-- Few: it sorts these, 1,000 at most.
INSERT INTO logs_event (log_group, stream, time_ms, ingested_ms, sealed_by, message)
SELECT ?, ?, json_extract(value, '$[0]'), ?, ?, json_extract(value, '$[1]') FROM json_each(?) WHERE 1 ORDER BY key
RETURNING id;

-- name: add_event
-- For texts that JSON functions cut short.
INSERT INTO logs_event (log_group, stream, time_ms, ingested_ms, sealed_by, message) VALUES (?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: find_stream_events
SELECT e.id, e.time_ms, e.ingested_ms, e.message, s.name, s.dropped, e.sealed_by
FROM logs_event e JOIN logs_stream s ON s.id = e.stream
WHERE e.stream = ? AND (e.time_ms, e.id) > (?, ?) AND (e.time_ms, e.id) < (?, ?) ORDER BY e.time_ms, e.id LIMIT ?;

-- name: find_stream_events_backward
SELECT e.id, e.time_ms, e.ingested_ms, e.message, s.name, s.dropped, e.sealed_by
FROM logs_event e JOIN logs_stream s ON s.id = e.stream
WHERE e.stream = ? AND (e.time_ms, e.id) > (?, ?) AND (e.time_ms, e.id) < (?, ?)
ORDER BY e.time_ms DESC, e.id DESC LIMIT ?;

-- name: find_group_events
SELECT e.id, e.time_ms, e.ingested_ms, e.message, s.name, s.dropped, e.sealed_by
FROM logs_event e JOIN logs_stream s ON s.id = e.stream
WHERE e.log_group = ? AND (e.time_ms, e.id) > (?, ?) AND (e.time_ms, e.id) < (?, ?) ORDER BY e.time_ms, e.id LIMIT ?;

-- name: find_group_events_backward
SELECT e.id, e.time_ms, e.ingested_ms, e.message, s.name, s.dropped, e.sealed_by
FROM logs_event e JOIN logs_stream s ON s.id = e.stream
WHERE e.log_group = ? AND (e.time_ms, e.id) > (?, ?) AND (e.time_ms, e.id) < (?, ?)
ORDER BY e.time_ms DESC, e.id DESC LIMIT ?;

-- name: find_event
SELECT e.time_ms, e.ingested_ms, e.message, s.name, s.dropped, e.sealed_by
FROM logs_event e JOIN logs_stream s ON s.id = e.stream
WHERE e.id = ? AND e.log_group = ?;

-- name: find_dropped_stream
SELECT id, log_group FROM logs_stream WHERE dropped = 1 ORDER BY id LIMIT 1;

-- name: find_dropped_group
SELECT id FROM logs_group WHERE dropped = 1 ORDER BY id LIMIT 1;

-- name: find_some_of_stream
SELECT id, log_group, message, sealed_by FROM logs_event WHERE stream = ? ORDER BY time_ms LIMIT ?;

-- name: find_some_of_group
SELECT id, log_group, message, sealed_by FROM logs_event WHERE log_group = ? ORDER BY time_ms LIMIT ?;

-- name: find_some_expired
SELECT id, log_group, message, sealed_by FROM logs_event WHERE log_group = ? AND time_ms < ? ORDER BY time_ms LIMIT ?;

-- name: delete_event
DELETE FROM logs_event WHERE id = ?;

-- name: delete_stream
DELETE FROM logs_stream WHERE id = ?;

-- name: find_some_streams
SELECT id, name FROM logs_stream WHERE log_group = ? LIMIT ?;

-- name: put_key
UPDATE logs_group SET kms_key = ?, data_key = ? WHERE id = ?;

-- name: add_key
INSERT INTO logs_key (log_group, arn, data_key) VALUES (?, ?, ?)
RETURNING id;

-- name: find_key
SELECT arn, data_key FROM logs_key WHERE id = ?;

-- name: delete_keys
DELETE FROM logs_key WHERE log_group = ?;

-- name: delete_group
DELETE FROM logs_group WHERE id = ?;

-- name: find_groups_with_retention
SELECT id, retention_days FROM logs_group WHERE retention_days IS NOT NULL AND dropped = 0 AND id > ? ORDER BY id LIMIT ?;

-- name: find_resource_policies
SELECT name, document, updated_ms FROM logs_resource_policy WHERE account = ? AND region = ? AND name > ?
ORDER BY name LIMIT ?;

-- name: put_resource_policy
INSERT INTO logs_resource_policy (account, region, name, document, updated_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (account, region, name) DO UPDATE SET document = excluded.document, updated_ms = excluded.updated_ms;

-- name: delete_resource_policy
DELETE FROM logs_resource_policy WHERE account = ? AND region = ? AND name = ?;

-- name: find_metric_filters
SELECT name, pattern, transformation, created_ms FROM logs_metric_filter WHERE log_group = ? ORDER BY name;

-- name: find_metric_filters_of_account
SELECT group_name, name, pattern, transformation, created_ms FROM logs_metric_filter
WHERE account = ? AND region = ? AND (group_name, name) > (?, ?) ORDER BY group_name, name LIMIT ?;

-- name: put_metric_filter
INSERT INTO logs_metric_filter (log_group, name, account, region, group_name, pattern, transformation, created_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (log_group, name) DO UPDATE SET pattern = excluded.pattern, transformation = excluded.transformation;

-- name: delete_metric_filter
DELETE FROM logs_metric_filter WHERE log_group = ? AND name = ?;

-- name: delete_metric_filters
DELETE FROM logs_metric_filter WHERE log_group = ?;

-- name: find_subscription_filters
SELECT name, pattern, destination, distribution, created_ms FROM logs_subscription_filter WHERE log_group = ?
ORDER BY name;

-- name: put_subscription_filter
INSERT INTO logs_subscription_filter (log_group, name, pattern, destination, distribution, created_ms)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (log_group, name) DO UPDATE SET
    pattern = excluded.pattern, destination = excluded.destination, distribution = excluded.distribution;

-- name: delete_subscription_filter
DELETE FROM logs_subscription_filter WHERE log_group = ? AND name = ?;

-- name: delete_subscription_filters
DELETE FROM logs_subscription_filter WHERE log_group = ?;

-- name: find_query_definitions
SELECT id, name, query, log_groups, modified_ms FROM logs_query_definition
WHERE account = ? AND region = ? AND (name, id) > (?, ?) AND name < ? ORDER BY name, id LIMIT ?;

-- name: add_query_definition
INSERT INTO logs_query_definition (account, region, id, name, query, log_groups, modified_ms)
VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: put_query_definition
UPDATE logs_query_definition SET name = ?, query = ?, log_groups = ?, modified_ms = ?
WHERE account = ? AND region = ? AND id = ?;

-- name: delete_query_definition
DELETE FROM logs_query_definition WHERE account = ? AND region = ? AND id = ?;

-- name: find_group_policy
SELECT policy, policy_ms, policy_revision FROM logs_group WHERE id = ? AND policy IS NOT NULL;

-- name: put_group_policy
UPDATE logs_group SET policy = ?, policy_ms = ?, policy_revision = ? WHERE id = ?;
