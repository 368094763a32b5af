-- name: find_alarm
SELECT id, account, region, name, kind, settings, tags, configured_ms, state, reason, reason_data, updated_ms,
transitioned_ms, acted, suppressed_by, suppressed_ms
FROM cloudwatch_alarm WHERE account = ? AND region = ? AND name = ?;

-- name: find_alarm_by_id
SELECT id, account, region, name, kind, settings, tags, configured_ms, state, reason, reason_data, updated_ms,
transitioned_ms, acted, suppressed_by, suppressed_ms
FROM cloudwatch_alarm WHERE id = ?;

-- name: find_alarms
SELECT id, account, region, name, kind, settings, tags, configured_ms, state, reason, reason_data, updated_ms,
transitioned_ms, acted, suppressed_by, suppressed_ms
FROM cloudwatch_alarm WHERE account = ? AND region = ? AND name > ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_alarms_by_id
SELECT id, account, region, name, kind, settings, tags, configured_ms, state, reason, reason_data, updated_ms,
transitioned_ms, acted, suppressed_by, suppressed_ms
FROM cloudwatch_alarm WHERE id > ? ORDER BY id LIMIT ?;

-- name: add_alarm
INSERT INTO cloudwatch_alarm (account, region, name, kind, settings, tags, configured_ms, state, reason, updated_ms,
transitioned_ms, acted)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_settings
UPDATE cloudwatch_alarm SET settings = ?, configured_ms = ? WHERE id = ?;

-- name: put_tags
UPDATE cloudwatch_alarm SET tags = ? WHERE id = ?;

-- name: put_state
UPDATE cloudwatch_alarm SET state = ?, reason = ?, reason_data = ?, updated_ms = ?, transitioned_ms = ? WHERE id = ?;

-- name: put_suppression
UPDATE cloudwatch_alarm SET acted = ?, suppressed_by = ?, suppressed_ms = ? WHERE id = ?;

-- name: delete_alarm
DELETE FROM cloudwatch_alarm WHERE id = ?;

-- name: add_parent
INSERT INTO cloudwatch_alarm_parent (parent, account, region, child, role) VALUES (?, ?, ?, ?, ?);

-- name: delete_parent
DELETE FROM cloudwatch_alarm_parent WHERE parent = ?;

-- name: find_parents
SELECT p.parent, p.role FROM cloudwatch_alarm_parent p
WHERE p.account = ? AND p.region = ? AND p.child = ?;

-- name: count_parents
SELECT count(*) FROM cloudwatch_alarm_parent WHERE account = ? AND region = ? AND child = ? AND role = 'child';

-- name: find_state
SELECT state FROM cloudwatch_alarm WHERE account = ? AND region = ? AND name = ?;

-- name: find_children
SELECT child FROM cloudwatch_alarm_parent WHERE parent = ? AND role = 'child';

-- name: add_history
INSERT INTO cloudwatch_history (account, region, alarm, kind, time_ms, type, summary, data)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: find_history_after
SELECT time_ms, id, alarm, kind, type, summary, data FROM cloudwatch_history
WHERE account = ? AND region = ? AND (time_ms, id) > (?, ?) AND time_ms <= ? ORDER BY time_ms, id LIMIT ?;

-- name: find_history_before
SELECT time_ms, id, alarm, kind, type, summary, data FROM cloudwatch_history
WHERE account = ? AND region = ? AND (time_ms, id) < (?, ?) AND time_ms >= ? ORDER BY time_ms DESC, id DESC LIMIT ?;

-- name: find_alarm_history_after
SELECT time_ms, id, alarm, kind, type, summary, data FROM cloudwatch_history
WHERE account = ? AND region = ? AND alarm = ? AND (time_ms, id) > (?, ?) AND time_ms <= ?
ORDER BY time_ms, id LIMIT ?;

-- name: find_alarm_history_before
SELECT time_ms, id, alarm, kind, type, summary, data FROM cloudwatch_history
WHERE account = ? AND region = ? AND alarm = ? AND (time_ms, id) < (?, ?) AND time_ms >= ?
ORDER BY time_ms DESC, id DESC LIMIT ?;

-- name: find_some_history
SELECT id, time_ms FROM cloudwatch_history WHERE id > ? ORDER BY id LIMIT ?;

-- name: delete_history
DELETE FROM cloudwatch_history WHERE id = ?;

-- name: find_evaluated
SELECT time_s FROM cloudwatch_evaluated WHERE id = 1;

-- name: put_evaluated
INSERT INTO cloudwatch_evaluated (id, time_s) VALUES (1, ?)
ON CONFLICT (id) DO UPDATE SET time_s = excluded.time_s;
