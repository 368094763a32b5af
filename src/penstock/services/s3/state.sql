-- name: bucket_by_name
SELECT id, name, account, region, created_ms, versioning, policy FROM s3_bucket WHERE name = ?;
