-- name: find_function
SELECT id, account, region, name, role, generation, revision, code, code_sha256, code_size, modified_ms, reserved, recursive_loop, settings, tags, async_config, policy
FROM lambda_function WHERE account = ? AND region = ? AND name = ?;

-- name: find_function_page
SELECT id, account, region, name, role, generation, revision, code, code_sha256, code_size, modified_ms, reserved, recursive_loop, settings, tags, async_config, policy
FROM lambda_function WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?;

-- name: find_code_refs
SELECT code FROM lambda_function;
