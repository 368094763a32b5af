-- name: bucket_by_name
SELECT id, name, account, region, created_ms, versioning, policy FROM s3_bucket WHERE name = ?;

-- name: bucket_count
-- At most 10,000 index entries, and only when a bucket is made.
SELECT count(*) FROM s3_bucket WHERE account = ?;

-- name: bucket_insert
INSERT INTO s3_bucket (name, account, region, created_ms) VALUES (?, ?, ?, ?) RETURNING id;

-- name: bucket_delete
DELETE FROM s3_bucket WHERE id = ?;

-- name: buckets_page
SELECT name, region, created_ms FROM s3_bucket
WHERE account = ? AND name > ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: buckets_page_region
SELECT name, region, created_ms FROM s3_bucket
WHERE account = ? AND name > ? AND name >= ? AND name < ? AND region = ? ORDER BY name LIMIT ?;

-- name: bucket_set_versioning
UPDATE s3_bucket SET versioning = ? WHERE id = ?;

-- name: bucket_any_object
-- Any row will do: versions and delete markers keep a bucket as objects do.
SELECT 1 FROM s3_object WHERE bucket = ? LIMIT 1;

-- name: settings
SELECT name, value FROM s3_bucket_setting WHERE bucket = ?;

-- name: setting_put
INSERT INTO s3_bucket_setting (bucket, name, value) VALUES (?, ?, ?)
ON CONFLICT (bucket, name) DO UPDATE SET value = excluded.value;

-- name: settings_delete
DELETE FROM s3_bucket_setting WHERE bucket = ?;

-- name: bucket_set_policy
UPDATE s3_bucket SET policy = ? WHERE id = ?;
