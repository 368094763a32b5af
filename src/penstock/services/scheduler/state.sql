-- name: find_token
SELECT request, answer FROM scheduler_token WHERE account = ? AND region = ? AND token = ?;

-- name: add_token
INSERT INTO scheduler_token (account, region, token, request, answer, made_ms) VALUES (?, ?, ?, ?, ?, ?);

-- name: find_old_tokens
SELECT account, region, token FROM scheduler_token WHERE made_ms < ? ORDER BY made_ms LIMIT ?;

-- name: delete_token
DELETE FROM scheduler_token WHERE account = ? AND region = ? AND token = ?;
