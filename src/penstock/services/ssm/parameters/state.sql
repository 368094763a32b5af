-- name: add_parameter
INSERT INTO ssm_parameter (account, region, name, version, settings, tags, modified_ms, modified_by)
VALUES (?, ?, ?, 0, ?, ?, ?, ?)
RETURNING id;

-- name: find_parameter
SELECT id, account, region, name, version, settings, tags, modified_ms, modified_by
FROM ssm_parameter WHERE account = ? AND region = ? AND name = ?;

-- name: find_parameters
SELECT id, account, region, name, version, settings, tags, modified_ms, modified_by
FROM ssm_parameter WHERE account = ? AND region = ? AND name > ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_nth
SELECT 1 FROM ssm_parameter WHERE account = ? AND region = ? ORDER BY name LIMIT 1 OFFSET ?;

-- name: put_parameter
UPDATE ssm_parameter SET version = ?, settings = ?, modified_ms = ?, modified_by = ? WHERE id = ?;

-- name: put_tags
UPDATE ssm_parameter SET tags = ? WHERE id = ?;

-- name: delete_parameter
DELETE FROM ssm_parameter WHERE id = ?;

-- name: delete_versions
DELETE FROM ssm_version WHERE parameter = ?;

-- name: delete_labels
DELETE FROM ssm_label WHERE parameter = ?;

-- name: add_version
INSERT INTO ssm_version (parameter, number, value, settings, modified_ms, modified_by) VALUES (?, ?, ?, ?, ?, ?);

-- name: find_version
SELECT number, value, settings, modified_ms, modified_by FROM ssm_version WHERE parameter = ? AND number = ?;

-- name: find_versions
SELECT number, value, settings, modified_ms, modified_by
FROM ssm_version WHERE parameter = ? AND number > ? ORDER BY number LIMIT ?;

-- name: delete_version
DELETE FROM ssm_version WHERE parameter = ? AND number = ?;

-- name: put_label
INSERT INTO ssm_label (parameter, label, number) VALUES (?, ?, ?)
ON CONFLICT (parameter, label) DO UPDATE SET number = excluded.number;

-- name: find_label
SELECT number FROM ssm_label WHERE parameter = ? AND label = ?;

-- name: find_labels
SELECT label FROM ssm_label WHERE parameter = ? AND number = ? ORDER BY label;

-- name: delete_label
DELETE FROM ssm_label WHERE parameter = ? AND label = ? AND number = ?;
