-- name: find_bucket
SELECT id, name, account, region, created_ms, versioning, policy FROM s3_bucket WHERE name = ?;

-- name: count_buckets
-- At most 10,000 index entries, and only when a bucket is made.
SELECT count(*) FROM s3_bucket WHERE account = ?;

-- name: add_bucket
INSERT INTO s3_bucket (name, account, region, created_ms) VALUES (?, ?, ?, ?) RETURNING id;

-- name: delete_bucket
DELETE FROM s3_bucket WHERE id = ?;

-- name: find_buckets
SELECT name, region, created_ms FROM s3_bucket
WHERE account = ? AND name > ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_buckets_in_region
SELECT name, region, created_ms FROM s3_bucket
WHERE account = ? AND name > ? AND name >= ? AND name < ? AND region = ? ORDER BY name LIMIT ?;

-- name: put_versioning
UPDATE s3_bucket SET versioning = ? WHERE id = ?;

-- name: find_any_object
-- Any row will do: versions and delete markers keep a bucket as objects do.
SELECT 1 FROM s3_object WHERE bucket = ? LIMIT 1;

-- name: find_settings
SELECT name, value FROM s3_bucket_setting WHERE bucket = ?;

-- name: put_setting
INSERT INTO s3_bucket_setting (bucket, name, value) VALUES (?, ?, ?)
ON CONFLICT (bucket, name) DO UPDATE SET value = excluded.value;

-- name: delete_settings
DELETE FROM s3_bucket_setting WHERE bucket = ?;

-- name: put_policy
UPDATE s3_bucket SET policy = ? WHERE id = ?;
