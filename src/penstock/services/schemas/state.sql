-- name: find_registry
SELECT id, description, tags FROM schemas_registry WHERE account = ? AND region = ? AND name = ?;

-- name: find_registries
SELECT name, tags FROM schemas_registry WHERE account = ? AND region = ? AND name > ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: add_registry
INSERT INTO schemas_registry (account, region, name, description, tags) VALUES (?, ?, ?, ?, ?)
RETURNING id;

-- name: put_registry
UPDATE schemas_registry SET description = ?, tags = ? WHERE id = ?;

-- name: delete_registry
DELETE FROM schemas_registry WHERE id = ?;

-- name: find_schema
SELECT id, tags, latest, modified_ms FROM schemas_schema WHERE registry = ? AND name = ?;

-- name: find_schemas
SELECT s.name, s.tags, s.modified_ms, (SELECT COUNT(*) FROM schemas_version v WHERE v.schema = s.id), s.id
FROM schemas_schema s WHERE s.registry = ? AND s.name > ? AND s.name >= ? AND s.name < ? ORDER BY s.name LIMIT ?;

-- name: add_schema
INSERT INTO schemas_schema (registry, name, tags, latest, modified_ms) VALUES (?, ?, ?, 0, ?)
RETURNING id;

-- name: put_latest
UPDATE schemas_schema SET latest = ?, modified_ms = ? WHERE id = ?;

-- name: put_schema_tags
UPDATE schemas_schema SET tags = ? WHERE id = ?;

-- name: delete_schema
DELETE FROM schemas_schema WHERE id = ?;

-- name: delete_versions
DELETE FROM schemas_version WHERE schema = ?;

-- name: find_version
SELECT version, type, content, description, created_ms FROM schemas_version WHERE schema = ? AND version = ?;

-- name: find_newest_version
SELECT version, type, content, description, created_ms FROM schemas_version WHERE schema = ? ORDER BY version DESC LIMIT 1;

-- name: find_versions
SELECT version, type, created_ms FROM schemas_version WHERE schema = ? AND version < ? ORDER BY version DESC LIMIT ?;

-- name: add_version
INSERT INTO schemas_version (schema, version, type, content, description, created_ms) VALUES (?, ?, ?, ?, ?, ?);

-- name: delete_version
DELETE FROM schemas_version WHERE schema = ? AND version = ?;

-- name: find_discoverer
SELECT id, name, source, description, cross_account, state, tags FROM schemas_discoverer
WHERE account = ? AND region = ? AND name = ?;

-- name: find_discoverers
SELECT id, name, source, description, cross_account, state, tags FROM schemas_discoverer
WHERE account = ? AND region = ? AND name > ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_discoverer_of
SELECT name FROM schemas_discoverer WHERE account = ? AND region = ? AND source = ?;

-- name: add_discoverer
INSERT INTO schemas_discoverer (account, region, name, source, description, cross_account, state, tags) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_discoverer
UPDATE schemas_discoverer SET description = ?, cross_account = ?, state = ?, tags = ? WHERE id = ?;

-- name: delete_discoverer
DELETE FROM schemas_discoverer WHERE id = ?;

-- name: find_samples
-- Few: it ends at its limit, and no more than a thousand wait.
SELECT id, account, region, event FROM schemas_sample ORDER BY id LIMIT ?;

-- name: find_many_samples
-- Few: no more than a thousand wait.
SELECT id FROM schemas_sample ORDER BY id LIMIT 1 OFFSET ?;

-- name: add_sample
INSERT INTO schemas_sample (account, region, event) VALUES (?, ?, ?)
RETURNING id;

-- name: delete_sample
DELETE FROM schemas_sample WHERE id = ?;
