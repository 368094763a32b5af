-- name: find_connection
SELECT id, uid, description, kind, auth, state, reason, revision, token, token_until_ms, created_ms, modified_ms, authorized_ms
FROM events_connection WHERE account = ? AND region = ? AND name = ?;

-- name: find_connections
SELECT name FROM events_connection WHERE account = ? AND region = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_authorizing
SELECT account, region, name FROM events_connection WHERE state = 'AUTHORIZING' ORDER BY id LIMIT ?;

-- name: add_connection
INSERT INTO events_connection
(account, region, name, uid, description, kind, auth, state, reason, revision, token, token_until_ms, created_ms, modified_ms, authorized_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, 0, NULL, NULL, ?, ?, ?)
RETURNING id;

-- name: put_connection
UPDATE events_connection SET description = ?, kind = ?, auth = ?, state = ?, reason = NULL, revision = revision + 1, token = NULL,
    token_until_ms = NULL, modified_ms = ?, authorized_ms = ? WHERE id = ?;

-- name: put_token
UPDATE events_connection SET state = 'AUTHORIZED', reason = NULL, token = ?, token_until_ms = ?, authorized_ms = ?
WHERE id = ? AND revision = ?;

-- name: put_refused
UPDATE events_connection SET state = 'DEAUTHORIZED', reason = ?, token = NULL, token_until_ms = NULL WHERE id = ? AND revision = ?;

-- name: drop_token
UPDATE events_connection SET token = NULL, token_until_ms = NULL WHERE id = ?;

-- name: delete_connection
DELETE FROM events_connection WHERE id = ?;
