-- name: find_destination
SELECT id, uid, description, connection, endpoint, method, rate, created_ms, modified_ms
FROM events_destination WHERE account = ? AND region = ? AND name = ?;

-- name: find_destinations
SELECT name FROM events_destination WHERE account = ? AND region = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_destinations_of_connection
SELECT name FROM events_destination WHERE connection = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: add_destination
INSERT INTO events_destination
(account, region, name, uid, description, connection, endpoint, method, rate, created_ms, modified_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_destination
UPDATE events_destination SET description = ?, connection = ?, endpoint = ?, method = ?, rate = ?, modified_ms = ? WHERE id = ?;

-- name: delete_destination
DELETE FROM events_destination WHERE id = ?;
