-- name: add
INSERT INTO toy_connection (arn, name, provider, account, status, due_ms) VALUES (?, ?, ?, ?, 'PENDING', ?)

-- name: find
SELECT arn, name, provider, account, status FROM toy_connection WHERE arn = ?

-- name: of_account
SELECT arn, name, provider, account, status FROM toy_connection WHERE account = ? ORDER BY arn

-- name: connect
UPDATE toy_connection SET status = 'AVAILABLE' WHERE arn = ?

-- name: expire
UPDATE toy_connection SET status = 'ERROR' WHERE status = 'PENDING' AND due_ms <= ?

-- name: next_due
SELECT min(due_ms) FROM toy_connection WHERE status = 'PENDING'
