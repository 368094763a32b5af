-- name: add_key
INSERT INTO kms_key (
    id, account, region, spec, usage, enabled, origin, has_material, settings, policy, tags, created_ms
) VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?);

-- name: find_key
SELECT id, account, region, spec, usage, enabled, origin, has_material, expires_ms, settings, tags,
    created_ms, delete_ms, rotation_days, rotate_ms
FROM kms_key WHERE id = ?;

-- name: find_keys
SELECT id FROM kms_key
WHERE account = ? AND region = ? AND id > ? AND (delete_ms IS NULL OR delete_ms > ?) ORDER BY id LIMIT ?;

-- name: find_policy
SELECT policy FROM kms_key WHERE id = ?;

-- name: put_policy
UPDATE kms_key SET policy = ? WHERE id = ?;

-- name: put_settings
UPDATE kms_key SET settings = ? WHERE id = ?;

-- name: put_tags
UPDATE kms_key SET tags = ? WHERE id = ?;

-- name: put_enabled
UPDATE kms_key SET enabled = ? WHERE id = ?;

-- name: put_deletion
UPDATE kms_key SET delete_ms = ?, enabled = 0 WHERE id = ?;

-- name: put_rotation
UPDATE kms_key SET rotation_days = ?, rotate_ms = ? WHERE id = ?;

-- name: find_deletable
SELECT id FROM kms_key WHERE delete_ms <= ? ORDER BY delete_ms LIMIT ?;

-- name: find_rotatable
SELECT id FROM kms_key WHERE rotate_ms <= ? AND enabled = 1 ORDER BY rotate_ms LIMIT ?;

-- name: put_import
UPDATE kms_key SET has_material = ?, expires_ms = ?, settings = ? WHERE id = ?;

-- name: find_expired
SELECT id FROM kms_key WHERE expires_ms <= ? ORDER BY expires_ms LIMIT ?;

-- name: delete_key
DELETE FROM kms_key WHERE id = ?;

-- name: add_material
INSERT INTO kms_material (key_id, number, secret, on_demand, created_ms) VALUES (?, ?, ?, ?, ?);

-- name: find_secret
SELECT secret FROM kms_material WHERE key_id = ? AND number = ?;

-- name: find_last_material
SELECT number FROM kms_material WHERE key_id = ? ORDER BY number DESC LIMIT 1;

-- name: find_materials
SELECT number, on_demand, created_ms FROM kms_material WHERE key_id = ? AND number > ? ORDER BY number LIMIT ?;

-- name: count_on_demand
SELECT COUNT(*) FROM kms_material WHERE key_id = ? AND on_demand = 1;

-- name: delete_materials
DELETE FROM kms_material WHERE key_id = ?;

-- name: add_alias
INSERT INTO kms_alias (account, region, name, key_id, created_ms, updated_ms) VALUES (?, ?, ?, ?, ?, ?);

-- name: find_alias
SELECT name, key_id, created_ms, updated_ms FROM kms_alias WHERE account = ? AND region = ? AND name = ?;

-- name: find_aliases
SELECT name, key_id, created_ms, updated_ms FROM kms_alias
WHERE account = ? AND region = ? AND name > ?
    AND NOT EXISTS (SELECT 1 FROM kms_key WHERE kms_key.id = kms_alias.key_id AND kms_key.delete_ms <= ?)
ORDER BY name LIMIT ?;

-- name: find_key_aliases
SELECT name, key_id, created_ms, updated_ms FROM kms_alias WHERE key_id = ? AND name > ? ORDER BY name LIMIT ?;

-- name: put_alias
UPDATE kms_alias SET key_id = ?, updated_ms = ? WHERE account = ? AND region = ? AND name = ?;

-- name: delete_alias
DELETE FROM kms_alias WHERE account = ? AND region = ? AND name = ?;

-- name: delete_aliases
DELETE FROM kms_alias WHERE key_id = ?;

-- name: add_grant
INSERT INTO kms_grant (id, key_id, name, grantee, retiring, settings, token, created_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: find_grant
SELECT id, key_id, name, grantee, retiring, settings, token, created_ms
FROM kms_grant WHERE id = ? AND key_id = ?;

-- name: find_grant_by_token
SELECT id, key_id, name, grantee, retiring, settings, token, created_ms FROM kms_grant WHERE token = ?;

-- name: find_grants
SELECT id, key_id, name, grantee, retiring, settings, token, created_ms
FROM kms_grant WHERE key_id = ? AND id > ? ORDER BY id LIMIT ?;

-- name: find_retirable
SELECT id, key_id, name, grantee, retiring, settings, token, created_ms
FROM kms_grant WHERE retiring = ? AND id > ? ORDER BY id LIMIT ?;

-- name: delete_grant
DELETE FROM kms_grant WHERE id = ?;

-- name: delete_grants
DELETE FROM kms_grant WHERE key_id = ?;
