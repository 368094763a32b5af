-- name: find_archive
SELECT id, bus, description, pattern, retention_days, events, bytes, created_ms, kms_key FROM events_archive
WHERE account = ? AND region = ? AND name = ? AND dropped = 0;

-- name: add_archive
INSERT INTO events_archive
(account, region, name, bus, description, pattern, retention_days, kms_key, events, bytes, created_ms, dropped)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, 0)
RETURNING id;

-- name: put_archive
UPDATE events_archive SET description = ?, pattern = ?, retention_days = ?, kms_key = ? WHERE id = ?;

-- name: put_archive_dropped
UPDATE events_archive SET dropped = 1 WHERE id = ?;

-- name: find_archives
SELECT name, id, bus, description, pattern, retention_days, events, bytes, created_ms, kms_key FROM events_archive
WHERE account = ? AND region = ? AND name >= ? AND name < ? AND dropped = 0 ORDER BY name LIMIT ?;

-- name: find_archives_of_bus
SELECT id, name, pattern, kms_key FROM events_archive WHERE account = ? AND region = ? AND bus = ? AND dropped = 0;

-- name: add_archived
INSERT INTO events_archived (archive, time_ms, kept_ms, event) VALUES (?, ?, ?, ?)
RETURNING id;

-- name: add_to_archive
UPDATE events_archive SET events = events + ?, bytes = bytes + ? WHERE id = ?;

-- name: find_archived
SELECT id, time_ms, event FROM events_archived
WHERE archive = ? AND (time_ms, id) > (?, ?) AND time_ms < ? ORDER BY time_ms, id LIMIT ?;

-- name: find_some_archived
SELECT id, event FROM events_archived WHERE archive = ? AND kept_ms < ? ORDER BY kept_ms LIMIT ?;

-- name: delete_archived
DELETE FROM events_archived WHERE id = ?;

-- name: find_dropped_archive
SELECT id FROM events_archive WHERE dropped = 1 ORDER BY id LIMIT 1;

-- name: delete_archive
DELETE FROM events_archive WHERE id = ?;

-- name: find_archives_with_retention
SELECT id, retention_days FROM events_archive WHERE retention_days > 0 AND dropped = 0 AND id > ? ORDER BY id LIMIT ?;
