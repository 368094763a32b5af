-- settings are what DescribeKey shows and nothing asks for, under AWS's names, as a keyed document. A key with delete_ms is
-- deleted then. Without has_material its own has yet to be imported; imported material is good until expires_ms, for ever
-- when that is NULL. rotation_days is NULL while it is not rotated by itself; rotate_ms is when it is next.
CREATE TABLE kms_key (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    spec TEXT NOT NULL,
    usage TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    origin TEXT NOT NULL,
    has_material INTEGER NOT NULL,
    expires_ms INTEGER,
    settings TEXT NOT NULL,
    policy TEXT NOT NULL,
    tags TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    delete_ms INTEGER,
    rotation_days INTEGER,
    rotate_ms INTEGER
);
CREATE INDEX kms_key_place ON kms_key (account, region, id);
CREATE INDEX kms_key_delete ON kms_key (delete_ms) WHERE delete_ms IS NOT NULL;
CREATE INDEX kms_key_expires ON kms_key (expires_ms) WHERE expires_ms IS NOT NULL;
CREATE INDEX kms_key_rotate ON kms_key (rotate_ms) WHERE rotate_ms IS NOT NULL;

-- sealed; number counts up with each rotation, and the highest is in use.
CREATE TABLE kms_material (
    key_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    secret TEXT NOT NULL,
    on_demand INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (key_id, number)
);

CREATE TABLE kms_alias (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    key_id TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (account, region, name)
);
CREATE INDEX kms_alias_key ON kms_alias (key_id, name);

CREATE TABLE kms_grant (
    id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL,
    name TEXT NOT NULL,
    grantee TEXT NOT NULL,
    retiring TEXT NOT NULL,
    settings TEXT NOT NULL,
    token TEXT NOT NULL,
    created_ms INTEGER NOT NULL
);
CREATE INDEX kms_grant_key ON kms_grant (key_id, id);
CREATE INDEX kms_grant_retiring ON kms_grant (retiring, id);
CREATE UNIQUE INDEX kms_grant_token ON kms_grant (token);
