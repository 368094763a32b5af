-- name: find_buckets_behind
SELECT id, name, account, region FROM s3_bucket WHERE id > ? ORDER BY id LIMIT ?;

-- name: find_versions_behind
-- What a version is stored with may be long, and is needed only where it names a storage class.
SELECT key, ord, size, CASE WHEN meta LIKE '%"StorageClass"%' THEN meta END
FROM s3_object WHERE bucket = ? AND (key, ord) > (?, ?) ORDER BY key, ord LIMIT ?;

-- name: find_upload_behind
SELECT key, upload, meta FROM s3_upload WHERE bucket = ? AND (key, upload) > (?, ?) ORDER BY key, upload LIMIT 1;

-- name: count_parts
SELECT count(*), coalesce(sum(size), 0) FROM s3_part WHERE upload = ?;

-- name: find_any_metrics
-- Few: some settings of each bucket; read once, when the server starts.
SELECT 1 FROM s3_bucket_setting WHERE name = ? LIMIT 1;
