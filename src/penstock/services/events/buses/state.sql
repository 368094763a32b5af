-- name: find_bus
SELECT id, description, policy, dead_letter, kms_key, tags, created_ms, modified_ms FROM events_bus
WHERE account = ? AND region = ? AND name = ?;

-- name: add_bus
INSERT INTO events_bus (account, region, name, description, policy, dead_letter, kms_key, tags, created_ms, modified_ms)
VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_bus
UPDATE events_bus SET description = ?, policy = ?, dead_letter = ?, kms_key = ?, tags = ?, modified_ms = ? WHERE id = ?;

-- name: delete_bus
DELETE FROM events_bus WHERE id = ?;

-- name: find_buses
SELECT name FROM events_bus WHERE account = ? AND region = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_any_rule
SELECT 1 FROM events_rule WHERE account = ? AND region = ? AND bus = ? LIMIT 1;
