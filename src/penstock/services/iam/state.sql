-- name: add_role
INSERT INTO iam_role (id, account, name, name_key, path, description, max_session_s, trust, created_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: find_role
SELECT id, account, name, path, description, max_session_s, trust, created_ms
FROM iam_role WHERE account = ? AND name_key = ?;

-- name: find_role_by_id
SELECT id, account, name, path, description, max_session_s, trust, created_ms FROM iam_role WHERE id = ?;

-- name: find_roles_after
SELECT id, account, name, path, description, max_session_s, trust, created_ms
FROM iam_role WHERE account = ? AND name_key > ? AND substr(path, 1, CAST(? AS INTEGER)) = ? ORDER BY name_key LIMIT ?;

-- name: count_roles
SELECT COUNT(*) FROM iam_role WHERE account = ?;

-- name: put_role
UPDATE iam_role SET description = ?, max_session_s = ?, trust = ? WHERE id = ?;

-- name: delete_role
DELETE FROM iam_role WHERE id = ?;

-- name: put_role_policy
INSERT INTO iam_role_policy (role_id, name, document) VALUES (?, ?, ?)
ON CONFLICT (role_id, name) DO UPDATE SET document = excluded.document;

-- name: find_role_policy
SELECT document FROM iam_role_policy WHERE role_id = ? AND name = ?;

-- name: find_role_policies
SELECT name, document FROM iam_role_policy WHERE role_id = ? ORDER BY name;

-- name: find_role_policies_after
SELECT name FROM iam_role_policy WHERE role_id = ? AND name > ? ORDER BY name LIMIT ?;

-- name: delete_role_policy
DELETE FROM iam_role_policy WHERE role_id = ? AND name = ?;

-- name: add_attachment
INSERT INTO iam_attachment (role_id, policy_arn, account) VALUES (?, ?, ?)
ON CONFLICT (role_id, policy_arn) DO NOTHING;

-- name: delete_attachment
DELETE FROM iam_attachment WHERE role_id = ? AND policy_arn = ?;

-- name: find_attachments
SELECT policy_arn FROM iam_attachment WHERE role_id = ? ORDER BY policy_arn;

-- name: find_attached_roles
SELECT role_id FROM iam_attachment WHERE policy_arn = ?;

-- name: find_attached_roles_after
-- Few: those that have the policy are sorted, of an account's roles (limits.py).
SELECT r.name_key, r.name, r.id FROM iam_attachment AS a JOIN iam_role AS r ON r.id = a.role_id
WHERE a.policy_arn = ? AND a.account = ? AND r.name_key > ? AND substr(r.path, 1, CAST(? AS INTEGER)) = ?
ORDER BY r.name_key LIMIT ?;

-- name: count_attachments
SELECT COUNT(*) FROM iam_attachment WHERE policy_arn = ? AND account = ?;

-- name: add_policy
INSERT INTO iam_policy
(arn, id, account, name, name_key, path, description, default_version, last_version, created_ms, updated_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, 1, 1, ?, ?);

-- name: find_policy
SELECT arn, id, account, name, path, description, default_version, last_version, created_ms, updated_ms
FROM iam_policy WHERE arn = ?;

-- name: find_policy_by_name
SELECT arn FROM iam_policy WHERE account = ? AND name_key = ?;

-- name: find_policies_after
SELECT arn, id, account, name, path, description, default_version, last_version, created_ms, updated_ms
FROM iam_policy WHERE account = ? AND name_key > ? ORDER BY name_key LIMIT ?;

-- name: count_policies
SELECT COUNT(*) FROM iam_policy WHERE account = ?;

-- name: put_policy_version
UPDATE iam_policy SET default_version = ?, last_version = ?, updated_ms = ? WHERE arn = ?;

-- name: delete_policy
DELETE FROM iam_policy WHERE arn = ?;

-- name: add_version
INSERT INTO iam_policy_version (arn, version, document, created_ms) VALUES (?, ?, ?, ?);

-- name: find_version
SELECT document, created_ms FROM iam_policy_version WHERE arn = ? AND version = ?;

-- name: find_versions
SELECT version, created_ms FROM iam_policy_version WHERE arn = ? ORDER BY version DESC;

-- name: delete_version
DELETE FROM iam_policy_version WHERE arn = ? AND version = ?;

-- name: delete_versions
DELETE FROM iam_policy_version WHERE arn = ?;

-- name: put_tag
INSERT INTO iam_tag (entity, key_key, key, value) VALUES (?, ?, ?, ?)
ON CONFLICT (entity, key_key) DO UPDATE SET key = excluded.key, value = excluded.value;

-- name: find_tags
SELECT key, value FROM iam_tag WHERE entity = ? ORDER BY key_key;

-- name: delete_tag
DELETE FROM iam_tag WHERE entity = ? AND key_key = ?;

-- name: delete_tags
DELETE FROM iam_tag WHERE entity = ?;

-- name: add_session
INSERT INTO iam_session (access_key_id, secret, token, role_id, account, arn, name, issued_ms, policy, keys, expires_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: find_session
SELECT access_key_id, secret, token, role_id, account, arn, name, issued_ms, policy, keys, expires_ms
FROM iam_session WHERE access_key_id = ?;

-- name: delete_old_sessions
-- Sessions are kept for a while after their end, so that a late request is told that its token has expired.
DELETE FROM iam_session WHERE expires_ms < ?;
