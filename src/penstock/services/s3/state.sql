-- name: add_file_use
INSERT INTO s3_file (ref, uses) VALUES (?, 1) ON CONFLICT (ref) DO UPDATE SET uses = s3_file.uses + 1;

-- name: delete_file_use
UPDATE s3_file SET uses = uses - 1 WHERE ref = ?;

-- name: delete_file
DELETE FROM s3_file WHERE ref = ? AND uses <= 1;

-- name: find_file
SELECT 1 FROM s3_file WHERE ref = ?;
