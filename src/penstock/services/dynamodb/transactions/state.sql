-- name: find_token
SELECT request, consumed, until_ms FROM dynamodb_token WHERE account = ? AND region = ? AND token = ?;

-- name: put_token
INSERT INTO dynamodb_token (account, region, token, request, consumed, until_ms) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (account, region, token)
DO UPDATE SET request = excluded.request, consumed = excluded.consumed, until_ms = excluded.until_ms;
