-- name: mapping_by_uuid
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE account = ? AND region = ? AND uuid = ?;

-- name: mapping_at_work
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE uuid = ?;

-- name: mapping_page
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE account = ? AND region = ? AND id > ?
AND (? = '' OR function = ?) AND (? = '' OR source_arn = ?) ORDER BY id LIMIT ?;

-- name: mappings_enabled
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result
FROM lambda_mapping WHERE enabled = 1 ORDER BY id;

-- name: set_mapping_result
UPDATE lambda_mapping SET result = ? WHERE uuid = ?;
