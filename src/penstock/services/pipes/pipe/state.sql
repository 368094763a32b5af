-- name: find_pipe
SELECT id, uid, account, region, name, source, target, role, settings, tags, desired, state, reason, created_ms, modified_ms
FROM pipes_pipe WHERE account = ? AND region = ? AND name = ?;

-- name: find_pipe_by_uid
SELECT id, uid, account, region, name, source, target, role, settings, tags, desired, state, reason, created_ms, modified_ms
FROM pipes_pipe WHERE uid = ?;

-- name: find_pipes
SELECT id, uid, account, region, name, source, target, role, settings, tags, desired, state, reason, created_ms, modified_ms
FROM pipes_pipe WHERE account = ? AND region = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_running_pipes
-- Read once, before the first answer, and each of them is a task that polls.
SELECT id, uid, account, region, name, source, target, role, settings, tags, desired, state, reason, created_ms, modified_ms
FROM pipes_pipe WHERE desired = 'RUNNING' ORDER BY id;

-- name: find_moving_pipes
SELECT id, uid, account, region, name, source, target, role, settings, tags, desired, state, reason, created_ms, modified_ms
FROM pipes_pipe WHERE state_ends_ms IS NOT NULL AND state_ends_ms <= ? ORDER BY state_ends_ms LIMIT 100;

-- name: find_next_move
SELECT state_ends_ms FROM pipes_pipe WHERE state_ends_ms IS NOT NULL ORDER BY state_ends_ms LIMIT 1;

-- name: count_pipes
SELECT COUNT(*) FROM pipes_pipe WHERE account = ? AND region = ?;

-- name: add_pipe
INSERT INTO pipes_pipe (uid, account, region, name, source, target, role, settings, tags, desired, state, state_ends_ms, reason, created_ms, modified_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', ?, ?)
RETURNING id;

-- name: put_pipe
UPDATE pipes_pipe SET target = ?, role = ?, settings = ?, desired = ?, state = ?, state_ends_ms = ?, reason = '', modified_ms = ? WHERE id = ?;

-- name: put_desired
UPDATE pipes_pipe SET desired = ?, state = ?, state_ends_ms = ?, reason = '', modified_ms = ? WHERE id = ?;

-- name: put_state
UPDATE pipes_pipe SET state = ?, state_ends_ms = NULL WHERE id = ?;

-- name: put_reason
UPDATE pipes_pipe SET reason = ? WHERE uid = ?;

-- name: put_tags
UPDATE pipes_pipe SET tags = ? WHERE id = ?;

-- name: delete_pipe
DELETE FROM pipes_pipe WHERE id = ?;
