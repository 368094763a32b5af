-- name: add_connection
INSERT INTO toy_connection (arn, name, provider, account, status, due_ms) VALUES (?, ?, ?, ?, 'PENDING', ?)

-- name: find_connection
SELECT arn, name, provider, account, status FROM toy_connection WHERE arn = ?

-- name: find_connections
SELECT arn, name, provider, account, status FROM toy_connection WHERE account = ? ORDER BY arn

-- name: put_available
UPDATE toy_connection SET status = 'AVAILABLE' WHERE arn = ?

-- name: put_expired
UPDATE toy_connection SET status = 'ERROR' WHERE status = 'PENDING' AND due_ms <= ?

-- name: find_next_due
SELECT min(due_ms) FROM toy_connection WHERE status = 'PENDING'

-- name: find_arns
SELECT arn FROM toy_connection ORDER BY due_ms, arn
