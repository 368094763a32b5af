-- name: find_current_object
SELECT bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta
FROM s3_object WHERE bucket = ? AND key = ? ORDER BY ord LIMIT 1;

-- name: find_current_object_with_data
SELECT bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta, data
FROM s3_object LEFT JOIN s3_inline ON id = inline_id WHERE bucket = ? AND key = ? ORDER BY ord LIMIT 1;

-- name: find_object_at
SELECT bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta
FROM s3_object WHERE bucket = ? AND key = ? AND ord = ?;

-- name: find_null_object
SELECT bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta
FROM s3_object WHERE bucket = ? AND key = ? AND version = 'null' AND ord < -1;

-- name: add_object
INSERT INTO s3_object (bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: put_object
UPDATE s3_object SET delete_marker = ?, size = ?, etag = ?, modified_ms = ?, inline_id = ?, files = ?, meta = ?
WHERE bucket = ? AND key = ? AND ord = ?;

-- name: put_object_meta
UPDATE s3_object SET meta = ? WHERE bucket = ? AND key = ? AND ord = ?;

-- name: delete_object
DELETE FROM s3_object WHERE bucket = ? AND key = ? AND ord = ?;

-- name: find_inline
SELECT data FROM s3_inline WHERE id = ?;

-- name: add_inline
INSERT INTO s3_inline (data) VALUES (?) RETURNING id;

-- name: put_inline
UPDATE s3_inline SET data = ? WHERE id = ?;

-- name: delete_inline
DELETE FROM s3_inline WHERE id = ?;
