-- name: find_group
SELECT id, tags, deleting, created_ms, modified_ms FROM scheduler_group WHERE account = ? AND region = ? AND name = ?;

-- name: find_groups
SELECT name FROM scheduler_group WHERE account = ? AND region = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: add_group
INSERT INTO scheduler_group (account, region, name, tags, deleting, created_ms, modified_ms) VALUES (?, ?, ?, ?, 0, ?, ?)
RETURNING id;

-- name: put_tags
UPDATE scheduler_group SET tags = ?, modified_ms = ? WHERE id = ?;

-- name: put_deleting
UPDATE scheduler_group SET deleting = 1, modified_ms = ? WHERE id = ?;

-- name: find_deleting
SELECT id, account, region, name FROM scheduler_group WHERE deleting = 1 ORDER BY id LIMIT 1;

-- name: find_some_schedules
SELECT id FROM scheduler_schedule WHERE account = ? AND region = ? AND grp = ? LIMIT ?;

-- name: delete_schedule
DELETE FROM scheduler_schedule WHERE id = ?;

-- name: delete_group
DELETE FROM scheduler_group WHERE id = ?;
