-- name: find_dashboard
SELECT name, body, bytes, tags, modified_ms FROM cloudwatch_dashboard WHERE account = ? AND name = ?;

-- name: find_dashboards
SELECT name, bytes, modified_ms FROM cloudwatch_dashboard
WHERE account = ? AND name > ? AND name < ? ORDER BY name LIMIT ?;

-- name: put_dashboard
INSERT INTO cloudwatch_dashboard (account, name, body, bytes, tags, modified_ms) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, name) DO UPDATE SET
body = excluded.body, bytes = excluded.bytes, modified_ms = excluded.modified_ms;

-- name: put_tags
UPDATE cloudwatch_dashboard SET tags = ? WHERE account = ? AND name = ?;

-- name: delete_dashboard
DELETE FROM cloudwatch_dashboard WHERE account = ? AND name = ?;
