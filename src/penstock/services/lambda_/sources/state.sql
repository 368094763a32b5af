-- name: find_mapping
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE account = ? AND region = ? AND uuid = ?;

-- name: find_mapping_anywhere
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE uuid = ?;

-- name: find_mapping_page
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE account = ? AND region = ? AND id > ?
AND (? = '' OR function = ?) AND (? = '' OR source_arn = ?) ORDER BY id LIMIT ?;

-- name: find_enabled_mappings
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE enabled = 1 ORDER BY id;

-- name: put_mapping_result
UPDATE lambda_mapping SET result = ? WHERE uuid = ?;
