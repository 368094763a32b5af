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
