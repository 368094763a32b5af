-- name: add_file_use
INSERT INTO s3_file (ref, uses) VALUES (?, 1) ON CONFLICT (ref) DO UPDATE SET uses = s3_file.uses + 1;

-- name: delete_file_use
UPDATE s3_file SET uses = uses - 1 WHERE ref = ?;

-- name: delete_file
DELETE FROM s3_file WHERE ref = ? AND uses <= 1;

-- name: add_released
INSERT INTO s3_released (files) VALUES (?) RETURNING id;

-- name: find_released
-- Few: what is there goes at once.
SELECT id, files FROM s3_released ORDER BY id LIMIT 1;

-- name: put_released
UPDATE s3_released SET files = ? WHERE id = ?;

-- name: delete_released
DELETE FROM s3_released WHERE id = ?;

-- name: find_file
SELECT 1 FROM s3_file WHERE ref = ?;

-- name: find_files
SELECT ref FROM s3_file;

-- name: find_damage
-- Few: damage is rare, and this is read once, before the first answer.
SELECT bucket, key, ord FROM s3_damage;

-- name: find_damage_page
-- Few: damage is rare.
SELECT name, d.key, o.version, d.found_ms, d.why
FROM s3_damage d JOIN s3_bucket b ON b.id = d.bucket
JOIN s3_object o ON o.bucket = d.bucket AND o.key = d.key AND o.ord = d.ord
ORDER BY d.bucket, d.key, d.ord LIMIT ?;

-- name: put_damage
INSERT INTO s3_damage (bucket, key, ord, found_ms, why) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (bucket, key, ord) DO UPDATE SET why = excluded.why;

-- name: delete_damage
DELETE FROM s3_damage WHERE bucket = ? AND key = ? AND ord = ?;

-- name: find_scrub
SELECT began_ms, ended_ms, bucket, key, ord, versions, bytes FROM s3_scrub WHERE id = 1;

-- name: put_scrub
INSERT INTO s3_scrub (id, began_ms, ended_ms, bucket, key, ord, versions, bytes) VALUES (1, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET began_ms = excluded.began_ms, ended_ms = excluded.ended_ms, bucket = excluded.bucket,
key = excluded.key, ord = excluded.ord, versions = excluded.versions, bytes = excluded.bytes;

-- name: find_objects_behind
SELECT bucket, key, ord, version, delete_marker, size, etag, modified_ms, inline_id, files, meta, data
FROM s3_object LEFT JOIN s3_inline ON id = inline_id
WHERE (bucket, key, ord) > (?, ?, ?) ORDER BY bucket, key, ord LIMIT ?;

-- name: find_bucket_names
SELECT name FROM s3_bucket WHERE name > ? ORDER BY name LIMIT ?;
