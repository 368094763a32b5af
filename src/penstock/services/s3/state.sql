-- name: bucket_by_name
SELECT id, name, account, region, created_ms, versioning, policy FROM s3_bucket WHERE name = ?;

-- name: object_current
SELECT bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta
FROM s3_object WHERE bucket = ? AND key = ? ORDER BY ord LIMIT 1;

-- name: object_current_data
SELECT bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta, data
FROM s3_object LEFT JOIN s3_inline ON id = inline_id WHERE bucket = ? AND key = ? ORDER BY ord LIMIT 1;

-- name: object_at
SELECT bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta
FROM s3_object WHERE bucket = ? AND key = ? AND ord = ?;

-- name: object_null
SELECT bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta
FROM s3_object WHERE bucket = ? AND key = ? AND version = 'null' AND ord < -1;

-- name: object_insert
INSERT INTO s3_object (bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: object_replace
UPDATE s3_object SET delete_marker = ?, size = ?, etag = ?, modified_ms = ?, inline_id = ?, files = ?, meta = ?
WHERE bucket = ? AND key = ? AND ord = ?;

-- name: object_set_meta
UPDATE s3_object SET meta = ? WHERE bucket = ? AND key = ? AND ord = ?;

-- name: object_delete
DELETE FROM s3_object WHERE bucket = ? AND key = ? AND ord = ?;

-- name: inline_data
SELECT data FROM s3_inline WHERE id = ?;

-- name: inline_insert
INSERT INTO s3_inline (data) VALUES (?);

-- name: inline_replace
UPDATE s3_inline SET data = ? WHERE id = ?;

-- name: inline_delete
DELETE FROM s3_inline WHERE id = ?;

-- name: file_use
INSERT INTO s3_file (ref, uses) VALUES (?, 1) ON CONFLICT (ref) DO UPDATE SET uses = s3_file.uses + 1;

-- name: file_release
UPDATE s3_file SET uses = uses - 1 WHERE ref = ?;

-- name: file_forget
DELETE FROM s3_file WHERE ref = ? AND uses <= 1;

-- name: file_known
SELECT 1 FROM s3_file WHERE ref = ?;
-- name: bucket_count
-- At most 10,000 index entries, and only when a bucket is made.
SELECT count(*) FROM s3_bucket WHERE account = ?;

-- name: bucket_insert
INSERT INTO s3_bucket (name, account, region, created_ms) VALUES (?, ?, ?, ?);

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

-- name: versions_after
-- The row comparison is a seek in the primary key, on SQLite and on PostgreSQL.
SELECT key, ord, version, delete_marker, size, etag, modified_ms, meta FROM s3_object
WHERE bucket = ? AND (key, ord) > (?, ?) AND key < ? ORDER BY key, ord LIMIT ?;

-- name: bucket_set_policy
UPDATE s3_bucket SET policy = ? WHERE id = ?;

-- name: upload_insert
INSERT INTO s3_upload (bucket, key, upload, created_ms, initiator, algorithm, checksum_type, explicit, meta)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: upload_find
SELECT bucket, key, upload, created_ms, initiator, algorithm, checksum_type, explicit, meta
FROM s3_upload WHERE bucket = ? AND key = ? AND upload = ?;

-- name: upload_delete
DELETE FROM s3_upload WHERE bucket = ? AND key = ? AND upload = ?;

-- name: uploads_after
-- The row comparison is a seek in the primary key; upload ids of a key are in the order of their creation.
SELECT bucket, key, upload, created_ms, initiator, algorithm, checksum_type, explicit, meta
FROM s3_upload WHERE bucket = ? AND (key, upload) > (?, ?) AND key < ? ORDER BY key, upload LIMIT ?;

-- name: uploads_any
SELECT bucket, key, upload, created_ms, initiator, algorithm, checksum_type, explicit, meta
FROM s3_upload WHERE bucket = ? ORDER BY key, upload LIMIT ?;

-- name: part_put
INSERT INTO s3_part (upload, number, size, etag, modified_ms, checksum, files) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (upload, number) DO UPDATE SET size = excluded.size, etag = excluded.etag,
    modified_ms = excluded.modified_ms, checksum = excluded.checksum, files = excluded.files;

-- name: part_find
SELECT number, size, etag, modified_ms, checksum, files FROM s3_part WHERE upload = ? AND number = ?;

-- name: parts_after
SELECT number, size, etag, modified_ms, checksum, files FROM s3_part
WHERE upload = ? AND number > ? ORDER BY number LIMIT ?;

-- name: parts_delete
DELETE FROM s3_part WHERE upload = ?;

-- name: completed_insert
INSERT INTO s3_completed (bucket, key, upload, at_ms, listed, answer) VALUES (?, ?, ?, ?, ?, ?);

-- name: completed_find
SELECT listed, answer FROM s3_completed WHERE bucket = ? AND key = ? AND upload = ? AND at_ms > ?;

-- name: completed_prune
DELETE FROM s3_completed WHERE (bucket, key, upload) IN (
    SELECT bucket, key, upload FROM s3_completed WHERE at_ms <= ? ORDER BY at_ms LIMIT ?
);

-- name: completed_delete
DELETE FROM s3_completed WHERE bucket = ?;
