-- name: find_mapping
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result, state
FROM lambda_mapping WHERE account = ? AND region = ? AND uuid = ?;

-- name: find_mapping_anywhere
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result, state
FROM lambda_mapping WHERE uuid = ?;

-- name: find_mapping_page
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result, state
FROM lambda_mapping WHERE account = ? AND region = ? AND id > ?
AND (? = '' OR function = ?) AND (? = '' OR source_arn = ?) ORDER BY id LIMIT ?;

-- name: find_enabled_mappings
-- Few: read once, before the first answer, and each of them is a task that polls.
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result, state
FROM lambda_mapping WHERE enabled = 1 ORDER BY id;

-- name: put_mapping_result
UPDATE lambda_mapping SET result = ? WHERE uuid = ?;

-- name: find_moving_mappings
SELECT id, uuid, account, region, function, source_arn, enabled, settings, tags, modified_ms, result, state
FROM lambda_mapping WHERE state_ends_ms IS NOT NULL AND state_ends_ms <= ? ORDER BY state_ends_ms LIMIT 100;

-- name: find_next_mapping_move
SELECT state_ends_ms FROM lambda_mapping WHERE state_ends_ms IS NOT NULL ORDER BY state_ends_ms LIMIT 1;

-- name: put_state
UPDATE lambda_mapping SET state = ?, state_ends_ms = ? WHERE id = ?;

-- name: delete_mapping
DELETE FROM lambda_mapping WHERE id = ?;
