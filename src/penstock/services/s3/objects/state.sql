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
INSERT INTO s3_inline (data) VALUES (?) RETURNING id;

-- name: inline_replace
UPDATE s3_inline SET data = ? WHERE id = ?;

-- name: inline_delete
DELETE FROM s3_inline WHERE id = ?;
