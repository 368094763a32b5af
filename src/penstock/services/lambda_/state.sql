-- name: function_by_name
SELECT id, account, region, name, role, generation, revision, code, code_sha256, code_size, modified_ms, reserved, recursive_loop, settings, tags, async_config, policy
FROM lambda_function WHERE account = ? AND region = ? AND name = ?;

-- name: function_page
SELECT id, account, region, name, role, generation, revision, code, code_sha256, code_size, modified_ms, reserved, recursive_loop, settings, tags, async_config, policy
FROM lambda_function WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?;

-- name: add_function
INSERT INTO lambda_function (account, region, name, role, generation, revision, code, code_sha256, code_size, modified_ms, settings, tags)
VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?);

-- name: set_code
UPDATE lambda_function SET generation = generation + 1, revision = ?, code = ?, code_sha256 = ?, code_size = ?, settings = ?, modified_ms = ? WHERE id = ?;

-- name: set_configuration
UPDATE lambda_function SET generation = generation + 1, revision = ?, role = ?, settings = ?, modified_ms = ? WHERE id = ?;

-- name: set_reserved
UPDATE lambda_function SET reserved = ? WHERE id = ?;

-- name: set_recursive_loop
UPDATE lambda_function SET recursive_loop = ? WHERE id = ?;

-- name: set_async_config
UPDATE lambda_function SET async_config = ? WHERE id = ?;

-- name: set_policy
UPDATE lambda_function SET policy = ?, revision = ? WHERE id = ?;

-- name: set_tags
UPDATE lambda_function SET tags = ? WHERE id = ?;

-- name: drop_function
DELETE FROM lambda_function WHERE id = ?;

-- name: code_refs
SELECT code FROM lambda_function;

-- name: account_usage
SELECT count(*), coalesce(sum(code_size), 0), coalesce(sum(reserved), 0) FROM lambda_function WHERE account = ? AND region = ?;

-- name: mapping_by_uuid
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE account = ? AND region = ? AND uuid = ?;

-- name: mapping_at_work
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE uuid = ?;

-- name: mapping_of_pair
SELECT uuid FROM lambda_mapping WHERE account = ? AND region = ? AND function = ? AND source_arn = ?;

-- name: mapping_page
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE account = ? AND region = ? AND id > ?
AND (? = '' OR function = ?) AND (? = '' OR source_arn = ?) ORDER BY id LIMIT ?;

-- name: mappings_enabled
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE enabled = 1 ORDER BY id;

-- name: add_mapping
INSERT INTO lambda_mapping (uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: set_mapping
UPDATE lambda_mapping SET function = ?, enabled = ?, settings = ?, modified_ms = ? WHERE id = ?;

-- name: set_mapping_result
UPDATE lambda_mapping SET result = ? WHERE uuid = ?;

-- name: set_mapping_tags
UPDATE lambda_mapping SET tags = ? WHERE uuid = ?;

-- name: drop_mapping
DELETE FROM lambda_mapping WHERE id = ?;
