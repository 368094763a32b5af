-- settings holds what DescribeSecret shows and nothing sorts by, under AWS's names, as a keyed document.
-- A secret with delete_ms is deleted then; accessed_ms is the beginning of the day of the last access, 0 before the first.
CREATE TABLE secretsmanager_secret (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    suffix TEXT NOT NULL,
    settings TEXT NOT NULL,
    tags TEXT NOT NULL,
    policy TEXT,
    created_ms INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    accessed_ms INTEGER NOT NULL,
    deleted_ms INTEGER,
    delete_ms INTEGER
);
CREATE UNIQUE INDEX secretsmanager_secret_name ON secretsmanager_secret (account, region, name);
CREATE INDEX secretsmanager_secret_created ON secretsmanager_secret (account, region, created_ms, id);
CREATE INDEX secretsmanager_secret_changed ON secretsmanager_secret (account, region, changed_ms, id);
CREATE INDEX secretsmanager_secret_accessed ON secretsmanager_secret (account, region, accessed_ms, id);
CREATE INDEX secretsmanager_secret_delete ON secretsmanager_secret (delete_ms) WHERE delete_ms IS NOT NULL;

-- value is sealed; stages is a list.
CREATE TABLE secretsmanager_version (
    id INTEGER PRIMARY KEY,
    secret INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    stages TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    accessed_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX secretsmanager_version_name ON secretsmanager_version (secret, name);
CREATE INDEX secretsmanager_version_secret ON secretsmanager_version (secret, id);
