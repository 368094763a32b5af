-- name: file_use
INSERT INTO s3_file (ref, uses) VALUES (?, 1) ON CONFLICT (ref) DO UPDATE SET uses = s3_file.uses + 1;

-- name: file_release
UPDATE s3_file SET uses = uses - 1 WHERE ref = ?;

-- name: file_forget
DELETE FROM s3_file WHERE ref = ? AND uses <= 1;

-- name: file_known
SELECT 1 FROM s3_file WHERE ref = ?;
