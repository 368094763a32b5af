-- name: find_schedule
SELECT id, settings, created_ms, modified_ms, planned_ms FROM scheduler_schedule
WHERE account = ? AND region = ? AND grp = ? AND name = ?;

-- name: add_schedule
INSERT INTO scheduler_schedule (account, region, grp, name, settings, state, target_arn, created_ms, modified_ms, planned_ms, due_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_schedule
UPDATE scheduler_schedule SET settings = ?, state = ?, target_arn = ?, modified_ms = ?, planned_ms = ?, due_ms = ? WHERE id = ?;

-- name: put_plan
UPDATE scheduler_schedule SET planned_ms = ?, due_ms = ? WHERE id = ?;

-- name: delete_schedule
DELETE FROM scheduler_schedule WHERE id = ?;

-- name: find_next_due
SELECT due_ms FROM scheduler_schedule WHERE due_ms > ? ORDER BY due_ms LIMIT 1;

-- name: find_due
SELECT id FROM scheduler_schedule WHERE due_ms IS NOT NULL AND due_ms <= ? ORDER BY due_ms LIMIT ?;

-- name: find_due_schedule
SELECT account, region, grp, name, id, settings, created_ms, modified_ms, planned_ms FROM scheduler_schedule
WHERE id = ? AND due_ms <= ?;

-- name: find_schedules
SELECT account, region, grp, name, state, target_arn, created_ms, modified_ms FROM scheduler_schedule
WHERE account = ? AND region = ? AND (grp, name) > (?, ?) ORDER BY grp, name LIMIT ?;

-- name: find_schedules_of_group
SELECT account, region, grp, name, state, target_arn, created_ms, modified_ms FROM scheduler_schedule
WHERE account = ? AND region = ? AND grp = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;
