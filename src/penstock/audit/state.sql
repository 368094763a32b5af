-- name: put_record
INSERT INTO audit_record (seq, time_ms, document, hash) VALUES (?, ?, ?, ?)

-- name: put_term
INSERT INTO audit_term (account, kind, value, time_ms, seq) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING

-- name: has_term
SELECT 1 FROM audit_term WHERE account = ? AND kind = ? AND value = ? AND time_ms = ? AND seq = ?

-- name: has_value
SELECT 1 FROM audit_term WHERE account = ? AND kind = ? AND value = ? LIMIT 1

-- name: drop_term
DELETE FROM audit_term WHERE account = ? AND kind = ? AND value = ? AND time_ms = ? AND seq = ?

-- name: records_after
SELECT seq, time_ms, document, hash FROM audit_record WHERE seq > ? ORDER BY seq LIMIT ?

-- name: drop_record
DELETE FROM audit_record WHERE seq = ?

-- name: found
SELECT t.time_ms, t.seq, r.document FROM audit_term t JOIN audit_record r ON r.seq = t.seq
WHERE t.account = ? AND t.kind = ? AND t.value = ? AND t.time_ms >= ? AND (t.time_ms, t.seq) < (?, ?)
ORDER BY t.time_ms DESC, t.seq DESC LIMIT ?

-- name: exported
SELECT time_ms, seq, document FROM audit_record WHERE (time_ms, seq) > (?, ?) AND time_ms <= ?
ORDER BY time_ms, seq LIMIT ?

-- name: put_open
INSERT INTO audit_open (event_id, time_ms, document) VALUES (?, ?, ?)
ON CONFLICT (event_id) DO UPDATE SET document = excluded.document

-- name: close
DELETE FROM audit_open WHERE event_id = ?

-- name: first_open
-- Few: calls that were being made when the process before ended.
SELECT event_id, time_ms, document FROM audit_open ORDER BY event_id LIMIT ?

-- name: put_mark
INSERT INTO audit_mark (kind, seq, hash, time_ms, seal) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (kind, seq) DO UPDATE SET hash = excluded.hash, time_ms = excluded.time_ms, seal = excluded.seal

-- name: last_mark
SELECT seq, hash, time_ms, seal FROM audit_mark WHERE kind = ? ORDER BY seq DESC LIMIT 1

-- name: mark_at
SELECT seq, hash, time_ms, seal FROM audit_mark WHERE kind = ? AND seq = ?

-- name: drop_marks_before
DELETE FROM audit_mark WHERE kind = ? AND seq < ?

-- name: find_settings
SELECT document FROM audit_setting WHERE name = 'settings'

-- name: put_settings
INSERT INTO audit_setting (name, document) VALUES ('settings', ?)
ON CONFLICT (name) DO UPDATE SET document = excluded.document
