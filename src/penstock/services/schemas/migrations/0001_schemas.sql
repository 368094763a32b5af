CREATE TABLE schemas_registry (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    tags TEXT NOT NULL
);
CREATE UNIQUE INDEX schemas_registry_name ON schemas_registry (account, region, name);

-- latest is the number of the newest version that there has been.
CREATE TABLE schemas_schema (
    id INTEGER PRIMARY KEY,
    registry INTEGER NOT NULL,
    name TEXT NOT NULL,
    tags TEXT NOT NULL,
    latest INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX schemas_schema_name ON schemas_schema (registry, name);

CREATE TABLE schemas_version (
    schema INTEGER NOT NULL,
    version INTEGER NOT NULL,
    type TEXT NOT NULL,
    content TEXT NOT NULL,
    description TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (schema, version)
);

CREATE TABLE schemas_discoverer (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    description TEXT NOT NULL,
    cross_account INTEGER NOT NULL,
    state TEXT NOT NULL,
    tags TEXT NOT NULL
);
CREATE UNIQUE INDEX schemas_discoverer_name ON schemas_discoverer (account, region, name);
CREATE UNIQUE INDEX schemas_discoverer_source ON schemas_discoverer (account, region, source);

-- Events that have passed and are still to be looked at.
CREATE TABLE schemas_sample (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    event TEXT NOT NULL
);
