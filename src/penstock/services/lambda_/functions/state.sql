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

-- name: find_version_of_code
SELECT id FROM lambda_version WHERE code = ? LIMIT 1;

-- name: find_alias
SELECT id, function_id, name, version, weights, description, revision, async_config, policy
FROM lambda_alias WHERE function_id = ? AND name = ?;

-- name: find_alias_page
SELECT id, function_id, name, version, weights, description, revision, async_config, policy
FROM lambda_alias WHERE function_id = ? AND name > ? AND (? = '' OR version = ?) ORDER BY name LIMIT ?;
