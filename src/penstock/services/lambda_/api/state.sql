-- name: add_function
INSERT INTO lambda_function (account, region, name, role, generation, revision, code, code_sha256, code_size, modified_ms, settings, tags, phase, phase_ends_ms)
VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, 'Creating', ?)
RETURNING id;

-- name: put_code
UPDATE lambda_function SET generation = generation + 1, revision = ?, code = ?, code_sha256 = ?, code_size = ?, settings = ?, modified_ms = ?, phase = 'Updating', phase_ends_ms = ? WHERE id = ?;

-- name: put_configuration
UPDATE lambda_function SET generation = generation + 1, revision = ?, role = ?, settings = ?, modified_ms = ?, phase = 'Updating', phase_ends_ms = ? WHERE id = ?;

-- name: put_reserved
UPDATE lambda_function SET reserved = ? WHERE id = ?;

-- name: put_recursive_loop
UPDATE lambda_function SET recursive_loop = ? WHERE id = ?;

-- name: put_async_config
UPDATE lambda_function SET async_config = ? WHERE id = ?;

-- name: put_policy
UPDATE lambda_function SET policy = ?, revision = ? WHERE id = ?;

-- name: put_tags
UPDATE lambda_function SET tags = ? WHERE id = ?;

-- name: delete_function
DELETE FROM lambda_function WHERE id = ?;

-- name: find_account_usage
SELECT count(*), coalesce(sum(code_size), 0) FROM lambda_function WHERE account = ? AND region = ?;

-- name: find_mapping_of_pair
SELECT uuid FROM lambda_mapping WHERE account = ? AND region = ? AND function = ? AND source_arn = ?;

-- name: add_mapping
INSERT INTO lambda_mapping (uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result, state, state_ends_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_mapping
UPDATE lambda_mapping SET function = ?, enabled = ?, settings = ?, modified_ms = ?, state = ?, state_ends_ms = ? WHERE id = ?;

-- name: put_mapping_tags
UPDATE lambda_mapping SET tags = ? WHERE uuid = ?;

-- name: put_mapping_deleting
UPDATE lambda_mapping SET enabled = ?, state = ?, state_ends_ms = ? WHERE id = ?;

-- name: add_version
INSERT INTO lambda_version (function_id, version, role, revision, code, code_sha256, code_size, modified_ms, settings)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_last_version
UPDATE lambda_function SET last_version = ?, revision = ? WHERE id = ?;

-- name: delete_version
DELETE FROM lambda_version WHERE id = ?;

-- name: delete_versions
DELETE FROM lambda_version WHERE function_id = ?;

-- name: find_aliases_of_version
SELECT name FROM lambda_alias WHERE function_id = ? AND (version = ? OR weights LIKE ?) ORDER BY name LIMIT 50;

-- name: find_version_usage
SELECT coalesce(sum(version.code_size), 0) FROM lambda_function AS function JOIN lambda_version AS version ON version.function_id = function.id
WHERE function.account = ? AND function.region = ?;

-- name: add_alias
INSERT INTO lambda_alias (function_id, name, version, weights, description, revision)
VALUES (?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_alias
UPDATE lambda_alias SET version = ?, weights = ?, description = ?, revision = ? WHERE id = ?;

-- name: delete_alias
DELETE FROM lambda_alias WHERE id = ?;

-- name: delete_aliases
DELETE FROM lambda_alias WHERE function_id = ?;

-- name: put_version_policy
UPDATE lambda_version SET policy = ?, revision = ? WHERE id = ?;

-- name: put_alias_policy
UPDATE lambda_alias SET policy = ?, revision = ? WHERE id = ?;

-- name: put_version_async_config
UPDATE lambda_version SET async_config = ? WHERE id = ?;

-- name: put_alias_async_config
UPDATE lambda_alias SET async_config = ? WHERE id = ?;

-- name: find_configured_versions
SELECT CAST(version AS TEXT) FROM lambda_version WHERE function_id = ? AND version > ? AND async_config IS NOT NULL ORDER BY version LIMIT ?;

-- name: find_configured_aliases
SELECT name FROM lambda_alias WHERE function_id = ? AND name > ? AND async_config IS NOT NULL ORDER BY name LIMIT ?;

-- name: find_layer
SELECT id, last_version FROM lambda_layer WHERE account = ? AND region = ? AND name = ?;

-- name: add_layer
INSERT INTO lambda_layer (account, region, name, last_version) VALUES (?, ?, ?, 1)
RETURNING id;

-- name: put_layer_number
UPDATE lambda_layer SET last_version = ? WHERE id = ?;

-- name: add_layer_version
INSERT INTO lambda_layer_version (layer_id, version, description, license, architectures, runtimes, created_ms, code, code_sha256, code_size, unzipped_bytes, revision)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: find_layer_page
SELECT name FROM lambda_layer WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?;

-- name: find_layer_version_page
SELECT version.version, version.id, description, license, architectures, runtimes, created_ms, code, code_sha256, code_size, unzipped_bytes, revision, policy
FROM lambda_layer AS layer JOIN lambda_layer_version AS version ON version.layer_id = layer.id
WHERE account = ? AND region = ? AND name = ? AND version.version < ? AND deleted = 0 AND runtimes LIKE ? AND architectures LIKE ?
ORDER BY version.version DESC LIMIT ?;

-- name: put_layer_deleted
UPDATE lambda_layer_version SET deleted = 1 WHERE id = ?;

-- name: put_layer_policy
UPDATE lambda_layer_version SET policy = ?, revision = ? WHERE id = ?;

-- name: add_url
INSERT INTO lambda_url (url_id, function_id, account, region, name, qualifier, auth_type, cors, created_ms, modified_ms, invoke_mode)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_url
UPDATE lambda_url SET auth_type = ?, cors = ?, modified_ms = ?, invoke_mode = ? WHERE id = ?;

-- name: delete_url
DELETE FROM lambda_url WHERE id = ?;
