-- name: add_upload
INSERT INTO s3_upload (bucket, key, upload, created_ms, initiator, algorithm, checksum_type, explicit, meta)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: find_upload
SELECT bucket, key, upload, created_ms, initiator, algorithm, checksum_type, explicit, meta
FROM s3_upload WHERE bucket = ? AND key = ? AND upload = ?;

-- name: delete_upload
DELETE FROM s3_upload WHERE bucket = ? AND key = ? AND upload = ?;

-- name: find_uploads_after
-- The row comparison is a seek in the primary key; upload ids of a key are in the order of their creation.
SELECT bucket, key, upload, created_ms, initiator, algorithm, checksum_type, explicit, meta
FROM s3_upload WHERE bucket = ? AND (key, upload) > (?, ?) AND key < ? ORDER BY key, upload LIMIT ?;

-- name: find_uploads
SELECT bucket, key, upload, created_ms, initiator, algorithm, checksum_type, explicit, meta
FROM s3_upload WHERE bucket = ? ORDER BY key, upload LIMIT ?;

-- name: put_part
INSERT INTO s3_part (upload, number, size, etag, modified_ms, checksum, files) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (upload, number) DO UPDATE SET size = excluded.size, etag = excluded.etag,
    modified_ms = excluded.modified_ms, checksum = excluded.checksum, files = excluded.files;

-- name: find_part
SELECT number, size, etag, modified_ms, checksum, files FROM s3_part WHERE upload = ? AND number = ?;

-- name: find_parts_after
SELECT number, size, etag, modified_ms, checksum, files FROM s3_part
WHERE upload = ? AND number > ? ORDER BY number LIMIT ?;

-- name: delete_parts
DELETE FROM s3_part WHERE upload = ?;

-- name: add_completed
INSERT INTO s3_completed (bucket, key, upload, at_ms, listed, answer) VALUES (?, ?, ?, ?, ?, ?);

-- name: find_completed
SELECT listed, answer FROM s3_completed WHERE bucket = ? AND key = ? AND upload = ? AND at_ms > ?;

-- name: delete_old_completed
DELETE FROM s3_completed WHERE (bucket, key, upload) IN (
    SELECT bucket, key, upload FROM s3_completed WHERE at_ms <= ? ORDER BY at_ms LIMIT ?
);

-- name: delete_completed
DELETE FROM s3_completed WHERE bucket = ?;
