-- name: find_function
SELECT id, account, region, name, role, generation, revision, code, code_sha256, code_size, modified_ms, reserved, recursive_loop, phase, settings, tags, async_config, policy, last_version
FROM lambda_function WHERE account = ? AND region = ? AND name = ?;

-- name: find_function_page
SELECT id, account, region, name, role, generation, revision, code, code_sha256, code_size, modified_ms, reserved, recursive_loop, phase, settings, tags, async_config, policy, last_version
FROM lambda_function WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?;

-- name: find_code_refs
-- Few: read once, before the first answer, to tell which packages are nobody's.
SELECT code FROM lambda_function;

-- name: put_ready
UPDATE lambda_function SET phase = 'Ready', phase_ends_ms = NULL, revision = ? WHERE id = ?;

-- name: find_moving
SELECT account, region, name FROM lambda_function WHERE phase_ends_ms IS NOT NULL AND phase_ends_ms <= ? ORDER BY phase_ends_ms LIMIT 100;

-- name: find_next_move
SELECT phase_ends_ms FROM lambda_function WHERE phase_ends_ms IS NOT NULL ORDER BY phase_ends_ms LIMIT 1;

-- name: find_version_code_refs
-- Few: read as the packages of functions are.
SELECT code FROM lambda_version;

-- name: find_version
SELECT id, version, role, revision, code, code_sha256, code_size, modified_ms, settings, async_config, policy
FROM lambda_version WHERE function_id = ? AND version = ?;

-- name: find_version_page
SELECT id, version, role, revision, code, code_sha256, code_size, modified_ms, settings, async_config, policy
FROM lambda_version WHERE function_id = ? AND version > ? ORDER BY version LIMIT ?;

-- name: find_function_of_code
SELECT id FROM lambda_function WHERE code = ? LIMIT 1;

-- name: find_version_of_code
SELECT id FROM lambda_version WHERE code = ? LIMIT 1;

-- name: find_alias
SELECT id, function_id, name, version, weights, description, revision, async_config, policy
FROM lambda_alias WHERE function_id = ? AND name = ?;

-- name: find_alias_page
SELECT id, function_id, name, version, weights, description, revision, async_config, policy
FROM lambda_alias WHERE function_id = ? AND name > ? AND (? = '' OR version = ?) ORDER BY name LIMIT ?;

-- name: find_layer_version
SELECT version.version, version.id, description, license, architectures, runtimes, created_ms, code, code_sha256, code_size, unzipped_bytes, revision, policy
FROM lambda_layer AS layer JOIN lambda_layer_version AS version ON version.layer_id = layer.id
WHERE account = ? AND region = ? AND name = ? AND version.version = ? AND deleted = 0;

-- name: find_used_layers
SELECT code FROM lambda_layer_use WHERE function_id = ? AND version = ?;

-- name: forget_used_layers
DELETE FROM lambda_layer_use WHERE function_id = ? AND version = ?;

-- name: add_used_layer
INSERT INTO lambda_layer_use (function_id, version, code) VALUES (?, ?, ?);

-- name: find_dropped_layer
SELECT id FROM lambda_layer_version WHERE code = ? AND deleted = 1 AND NOT EXISTS (SELECT 1 FROM lambda_layer_use WHERE lambda_layer_use.code = lambda_layer_version.code);

-- name: remove_layer_code
DELETE FROM lambda_layer_version WHERE code = ?;

-- name: find_layer_code_refs
-- Few: read as the packages of functions are.
SELECT code FROM lambda_layer_version;

-- name: find_provision
SELECT requested, modified_ms FROM lambda_provisioned WHERE function_id = ? AND qualifier = ?;

-- name: find_provision_page
SELECT qualifier, requested, modified_ms FROM lambda_provisioned WHERE function_id = ? AND qualifier > ? ORDER BY qualifier LIMIT ?;

-- name: find_provisions
-- Few: each costs a process; read when one of them changes.
SELECT account, region, name, qualifier, requested, provisioned.modified_ms
FROM lambda_provisioned AS provisioned JOIN lambda_function AS function ON function.id = provisioned.function_id ORDER BY provisioned.id;

-- name: find_provisioned_of
SELECT coalesce(sum(requested), 0) FROM lambda_provisioned WHERE function_id = ?;

-- name: find_reserved
SELECT coalesce(sum(reserved), 0) FROM lambda_function WHERE account = ? AND region = ?;

-- name: find_unreserved_provisions
SELECT coalesce(sum(requested), 0) FROM lambda_function AS function JOIN lambda_provisioned AS provisioned ON provisioned.function_id = function.id
WHERE account = ? AND region = ? AND reserved IS NULL;

-- name: put_provision
INSERT INTO lambda_provisioned (function_id, qualifier, requested, modified_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (function_id, qualifier) DO UPDATE SET requested = excluded.requested, modified_ms = excluded.modified_ms;

-- name: delete_provision
DELETE FROM lambda_provisioned WHERE function_id = ? AND qualifier = ?;

-- name: delete_provisions
DELETE FROM lambda_provisioned WHERE function_id = ?;
