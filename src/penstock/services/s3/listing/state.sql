-- name: find_versions_after
-- The row comparison is a seek in the primary key, on SQLite and on PostgreSQL.
SELECT key, ord, version, delete_marker, size, etag, modified_ms, meta FROM s3_object
WHERE bucket = ? AND (key, ord) > (?, ?) AND key < ? ORDER BY key, ord LIMIT ?;
