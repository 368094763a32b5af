-- name: find_url
SELECT id, url_id, function_id, account, region, name, qualifier, auth_type, cors, created_ms, modified_ms, invoke_mode
FROM lambda_url WHERE function_id = ? AND qualifier = ?;

-- name: find_url_by_id
SELECT id, url_id, function_id, account, region, name, qualifier, auth_type, cors, created_ms, modified_ms, invoke_mode
FROM lambda_url WHERE url_id = ?;

-- name: find_url_page
SELECT id, url_id, function_id, account, region, name, qualifier, auth_type, cors, created_ms, modified_ms, invoke_mode
FROM lambda_url WHERE function_id = ? AND qualifier > ? ORDER BY qualifier LIMIT ?;
