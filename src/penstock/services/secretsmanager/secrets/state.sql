-- name: add_secret
INSERT INTO secretsmanager_secret (
    account, region, name, suffix, settings, tags, policy, created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
) VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, 0, NULL, NULL)
RETURNING id;

-- name: find_secret
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE account = ? AND region = ? AND name = ?;

-- name: put_settings
UPDATE secretsmanager_secret SET settings = ?, changed_ms = ? WHERE id = ?;

-- name: put_tags
UPDATE secretsmanager_secret SET tags = ?, changed_ms = ? WHERE id = ?;

-- name: put_policy
UPDATE secretsmanager_secret SET policy = ? WHERE id = ?;

-- name: put_deletion
UPDATE secretsmanager_secret SET deleted_ms = ?, delete_ms = ? WHERE id = ?;

-- name: delete_secret
DELETE FROM secretsmanager_secret WHERE id = ?;

-- name: delete_versions
DELETE FROM secretsmanager_version WHERE secret = ?;

-- name: find_due
SELECT id FROM secretsmanager_secret WHERE delete_ms <= ? ORDER BY delete_ms LIMIT ?;

-- name: find_by_name_up
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?;

-- name: find_by_name_down
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE account = ? AND region = ? AND name < ? ORDER BY name DESC LIMIT ?;

-- name: find_by_created_up
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE account = ? AND region = ? AND (created_ms, id) > (?, ?)
ORDER BY created_ms, id LIMIT ?;

-- name: find_by_created_down
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE account = ? AND region = ? AND (created_ms, id) < (?, ?)
ORDER BY created_ms DESC, id DESC LIMIT ?;

-- name: find_by_changed_up
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE account = ? AND region = ? AND (changed_ms, id) > (?, ?)
ORDER BY changed_ms, id LIMIT ?;

-- name: find_by_changed_down
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE account = ? AND region = ? AND (changed_ms, id) < (?, ?)
ORDER BY changed_ms DESC, id DESC LIMIT ?;

-- name: find_by_accessed_up
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE account = ? AND region = ? AND (accessed_ms, id) > (?, ?)
ORDER BY accessed_ms, id LIMIT ?;

-- name: find_by_accessed_down
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE account = ? AND region = ? AND (accessed_ms, id) < (?, ?)
ORDER BY accessed_ms DESC, id DESC LIMIT ?;

-- name: add_version
INSERT INTO secretsmanager_version (secret, name, value, stages, created_ms, accessed_ms)
VALUES (?, ?, ?, '[]', ?, 0)
RETURNING id;

-- name: find_version
SELECT id, name, stages, created_ms, accessed_ms FROM secretsmanager_version WHERE secret = ? AND name = ?;

-- name: find_versions
SELECT id, name, stages, created_ms, accessed_ms FROM secretsmanager_version WHERE secret = ? ORDER BY id;

-- name: find_value
SELECT value FROM secretsmanager_version WHERE id = ?;

-- name: put_stages
UPDATE secretsmanager_version SET stages = ? WHERE id = ?;

-- name: put_accessed
UPDATE secretsmanager_version SET accessed_ms = ? WHERE id = ?;

-- name: delete_version
DELETE FROM secretsmanager_version WHERE id = ?;

-- name: put_secret_changed
UPDATE secretsmanager_secret SET changed_ms = ? WHERE id = ?;

-- name: put_secret_accessed
UPDATE secretsmanager_secret SET accessed_ms = ? WHERE id = ?;

-- name: find_secret_by_id
SELECT id, account, region, name, suffix, settings, tags, policy,
    created_ms, changed_ms, accessed_ms, deleted_ms, delete_ms
FROM secretsmanager_secret WHERE id = ?;

-- name: put_value
UPDATE secretsmanager_version SET value = ? WHERE id = ?;

-- name: find_rotation
SELECT secret, function, rules, enabled, rotated_ms, next_ms, token, step, tries, due_ms
FROM secretsmanager_rotation WHERE secret = ?;

-- name: put_rotation
INSERT INTO secretsmanager_rotation (secret, function, rules, enabled, rotated_ms, next_ms, token, step, tries, due_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (secret) DO UPDATE SET
    function = excluded.function, rules = excluded.rules, enabled = excluded.enabled, rotated_ms = excluded.rotated_ms,
    next_ms = excluded.next_ms, token = excluded.token, step = excluded.step, tries = excluded.tries,
    due_ms = excluded.due_ms;

-- name: delete_rotation
DELETE FROM secretsmanager_rotation WHERE secret = ?;

-- name: find_due_rotations
SELECT secret, function, rules, enabled, rotated_ms, next_ms, token, step, tries, due_ms
FROM secretsmanager_rotation WHERE due_ms <= ? ORDER BY due_ms LIMIT ?;

-- name: find_next_rotation
SELECT due_ms FROM secretsmanager_rotation WHERE due_ms > ? ORDER BY due_ms LIMIT 1;
