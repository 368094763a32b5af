-- name: add_role
INSERT INTO iam_role (id, account, name, name_key, path, description, max_session_s, trust, created_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: find_role
SELECT id, account, name, path, description, max_session_s, trust, created_ms, boundary
FROM iam_role WHERE account = ? AND name_key = ?;

-- name: find_role_by_id
SELECT id, account, name, path, description, max_session_s, trust, created_ms, boundary FROM iam_role WHERE id = ?;

-- name: find_roles_after
SELECT id, account, name, path, description, max_session_s, trust, created_ms, boundary
FROM iam_role WHERE account = ? AND name_key > ? AND substr(path, 1, CAST(? AS INTEGER)) = ? ORDER BY name_key LIMIT ?;

-- name: count_roles
SELECT COUNT(*) FROM iam_role WHERE account = ?;

-- name: put_role
UPDATE iam_role SET description = ?, max_session_s = ?, trust = ? WHERE id = ?;

-- name: put_role_boundary
UPDATE iam_role SET boundary = ? WHERE id = ?;

-- name: delete_role
DELETE FROM iam_role WHERE id = ?;

-- name: put_inline_policy
INSERT INTO iam_inline_policy (entity, name, document) VALUES (?, ?, ?)
ON CONFLICT (entity, name) DO UPDATE SET document = excluded.document;

-- name: find_inline_policy
SELECT document FROM iam_inline_policy WHERE entity = ? AND name = ?;

-- name: find_inline_policies
SELECT name, document FROM iam_inline_policy WHERE entity = ? ORDER BY name;

-- name: find_inline_policies_after
SELECT name FROM iam_inline_policy WHERE entity = ? AND name > ? ORDER BY name LIMIT ?;

-- name: delete_inline_policy
DELETE FROM iam_inline_policy WHERE entity = ? AND name = ?;

-- name: add_attachment
INSERT INTO iam_attachment (entity, policy_arn, account) VALUES (?, ?, ?)
ON CONFLICT (entity, policy_arn) DO NOTHING;

-- name: delete_attachment
DELETE FROM iam_attachment WHERE entity = ? AND policy_arn = ?;

-- name: find_attachments
SELECT policy_arn FROM iam_attachment WHERE entity = ? ORDER BY policy_arn;

-- name: find_attached
SELECT entity FROM iam_attachment WHERE policy_arn = ?;

-- name: find_attached_roles_after
-- Few: those that have the policy are sorted, of an account's roles (limits.py).
SELECT r.name_key, r.name, r.id FROM iam_attachment AS a JOIN iam_role AS r ON r.id = a.entity
WHERE a.policy_arn = ? AND a.account = ? AND r.name_key > ? AND substr(r.path, 1, CAST(? AS INTEGER)) = ?
ORDER BY r.name_key LIMIT ?;

-- name: find_attached_users_after
-- Few: those that have the policy are sorted, of an account's users (limits.py).
SELECT r.name_key, r.name, r.id FROM iam_attachment AS a JOIN iam_user AS r ON r.id = a.entity
WHERE a.policy_arn = ? AND a.account = ? AND r.name_key > ? AND substr(r.path, 1, CAST(? AS INTEGER)) = ?
ORDER BY r.name_key LIMIT ?;

-- name: find_attached_groups_after
-- Few: those that have the policy are sorted, of an account's groups (limits.py).
SELECT r.name_key, r.name, r.id FROM iam_attachment AS a JOIN iam_group AS r ON r.id = a.entity
WHERE a.policy_arn = ? AND a.account = ? AND r.name_key > ? AND substr(r.path, 1, CAST(? AS INTEGER)) = ?
ORDER BY r.name_key LIMIT ?;

-- name: count_attachments
SELECT COUNT(*) FROM iam_attachment WHERE policy_arn = ? AND account = ?;

-- name: count_bounded_users
SELECT COUNT(*) FROM iam_user WHERE boundary = ? AND account = ?;

-- name: count_bounded_roles
SELECT COUNT(*) FROM iam_role WHERE boundary = ? AND account = ?;

-- name: find_bounded
SELECT id FROM iam_user WHERE boundary = ? UNION ALL SELECT id FROM iam_role WHERE boundary = ?;

-- name: find_bounded_users_after
SELECT name_key, name, id FROM iam_user
WHERE boundary = ? AND account = ? AND name_key > ? AND substr(path, 1, CAST(? AS INTEGER)) = ? ORDER BY name_key LIMIT ?;

-- name: find_bounded_roles_after
SELECT name_key, name, id FROM iam_role
WHERE boundary = ? AND account = ? AND name_key > ? AND substr(path, 1, CAST(? AS INTEGER)) = ? ORDER BY name_key LIMIT ?;

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
INSERT INTO iam_session
(access_key_id, secret, token, kind, holder, account, arn, name, issued_ms, expires_ms, policy, keys, tags)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: find_session
SELECT secret, token, kind, holder, account, arn, name, issued_ms, expires_ms, policy, keys, tags
FROM iam_session WHERE access_key_id = ?;

-- name: delete_old_sessions
-- Sessions are kept for a while after their end, so that a late request is told that its token has expired.
DELETE FROM iam_session WHERE expires_ms < ?;

-- name: add_user
INSERT INTO iam_user (id, account, name, name_key, path, boundary, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: find_user
SELECT id, account, name, path, boundary, created_ms FROM iam_user WHERE account = ? AND name_key = ?;

-- name: find_user_by_id
SELECT id, account, name, path, boundary, created_ms FROM iam_user WHERE id = ?;

-- name: find_users_after
SELECT id, account, name, path, boundary, created_ms
FROM iam_user WHERE account = ? AND name_key > ? AND substr(path, 1, CAST(? AS INTEGER)) = ? ORDER BY name_key LIMIT ?;

-- name: count_users
SELECT COUNT(*) FROM iam_user WHERE account = ?;

-- name: put_user
UPDATE iam_user SET name = ?, name_key = ?, path = ? WHERE id = ?;

-- name: put_user_boundary
UPDATE iam_user SET boundary = ? WHERE id = ?;

-- name: delete_user
DELETE FROM iam_user WHERE id = ?;

-- name: add_group
INSERT INTO iam_group (id, account, name, name_key, path, created_ms) VALUES (?, ?, ?, ?, ?, ?);

-- name: find_group
SELECT id, account, name, path, created_ms FROM iam_group WHERE account = ? AND name_key = ?;

-- name: find_groups_after
SELECT id, account, name, path, created_ms
FROM iam_group WHERE account = ? AND name_key > ? AND substr(path, 1, CAST(? AS INTEGER)) = ? ORDER BY name_key LIMIT ?;

-- name: count_groups
SELECT COUNT(*) FROM iam_group WHERE account = ?;

-- name: put_group
UPDATE iam_group SET name = ?, name_key = ?, path = ? WHERE id = ?;

-- name: delete_group
DELETE FROM iam_group WHERE id = ?;

-- name: add_member
INSERT INTO iam_membership (group_id, user_id) VALUES (?, ?) ON CONFLICT (group_id, user_id) DO NOTHING;

-- name: delete_member
DELETE FROM iam_membership WHERE group_id = ? AND user_id = ?;

-- name: find_members
SELECT user_id FROM iam_membership WHERE group_id = ?;

-- name: find_members_after
-- Few: a group's members are sorted, of an account's users (limits.py).
SELECT u.id, u.account, u.name, u.path, u.boundary, u.created_ms
FROM iam_membership AS m JOIN iam_user AS u ON u.id = m.user_id
WHERE m.group_id = ? AND u.name_key > ? ORDER BY u.name_key LIMIT ?;

-- name: find_groups_of
-- Few: a user is in ten groups at most.
SELECT g.id, g.account, g.name, g.path, g.created_ms
FROM iam_membership AS m JOIN iam_group AS g ON g.id = m.group_id WHERE m.user_id = ? ORDER BY g.name_key;

-- name: add_access_key
INSERT INTO iam_access_key (id, user_id, secret, active, created_ms) VALUES (?, ?, ?, 1, ?);

-- name: find_access_key
SELECT id, user_id, secret, active, created_ms FROM iam_access_key WHERE id = ?;

-- name: find_access_keys
SELECT id, user_id, secret, active, created_ms FROM iam_access_key WHERE user_id = ? ORDER BY id;

-- name: put_access_key
UPDATE iam_access_key SET active = ? WHERE id = ?;

-- name: delete_access_key
DELETE FROM iam_access_key WHERE id = ?;

-- name: add_instance_profile
INSERT INTO iam_instance_profile (id, account, name, name_key, path, created_ms) VALUES (?, ?, ?, ?, ?, ?);

-- name: find_instance_profile
SELECT id, account, name, path, role_id, created_ms FROM iam_instance_profile WHERE account = ? AND name_key = ?;

-- name: find_instance_profiles_after
SELECT id, account, name, path, role_id, created_ms FROM iam_instance_profile
WHERE account = ? AND name_key > ? AND substr(path, 1, CAST(? AS INTEGER)) = ? ORDER BY name_key LIMIT ?;

-- name: find_instance_profiles_of_role_after
SELECT id, account, name, path, role_id, created_ms FROM iam_instance_profile
WHERE role_id = ? AND name_key > ? ORDER BY name_key LIMIT ?;

-- name: count_instance_profiles
SELECT COUNT(*) FROM iam_instance_profile WHERE account = ?;

-- name: put_instance_profile_role
UPDATE iam_instance_profile SET role_id = ? WHERE id = ?;

-- name: delete_instance_profile
DELETE FROM iam_instance_profile WHERE id = ?;

-- name: put_login_profile
INSERT INTO iam_login_profile (user_id, hash, former, reset_required, created_ms, changed_ms) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, former = excluded.former,
reset_required = excluded.reset_required, changed_ms = excluded.changed_ms;

-- name: find_login_profile
SELECT user_id, hash, former, reset_required, created_ms, changed_ms FROM iam_login_profile WHERE user_id = ?;

-- name: delete_login_profile
DELETE FROM iam_login_profile WHERE user_id = ?;

-- name: find_account
SELECT alias, password_policy, report, report_ms FROM iam_account WHERE account = ?;

-- name: find_account_of_alias
SELECT account FROM iam_account WHERE alias = ?;

-- name: put_account_alias
INSERT INTO iam_account (account, alias) VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET alias = excluded.alias;

-- name: put_password_policy
INSERT INTO iam_account (account, password_policy) VALUES (?, ?)
ON CONFLICT (account) DO UPDATE SET password_policy = excluded.password_policy;

-- name: put_credential_report
INSERT INTO iam_account (account, report, report_ms) VALUES (?, ?, ?)
ON CONFLICT (account) DO UPDATE SET report = excluded.report, report_ms = excluded.report_ms;

-- name: count_versions
SELECT COUNT(*) FROM iam_policy AS p JOIN iam_policy_version AS v ON v.arn = p.arn WHERE p.account = ?;

-- name: count_providers
SELECT COUNT(*) FROM iam_provider WHERE account = ?;

-- name: put_provider
INSERT INTO iam_provider (arn, account, url, client_ids, thumbprints, created_ms) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (arn) DO UPDATE SET client_ids = excluded.client_ids, thumbprints = excluded.thumbprints;

-- name: find_provider
SELECT arn, account, url, client_ids, thumbprints, created_ms FROM iam_provider WHERE arn = ?;

-- name: find_providers
SELECT arn, account, url, client_ids, thumbprints, created_ms FROM iam_provider WHERE account = ? ORDER BY arn;

-- name: delete_provider
DELETE FROM iam_provider WHERE arn = ?;
