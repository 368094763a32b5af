-- last_version is the number given last, which is never given again. A deleted version stays, marked, as long as a
-- function or a version uses its zip. architectures, runtimes and policy are JSON.
CREATE TABLE lambda_layer (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    last_version INTEGER NOT NULL,
    UNIQUE (account, region, name)
);

CREATE TABLE lambda_layer_version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    layer_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    description TEXT NOT NULL,
    license TEXT NOT NULL,
    architectures TEXT NOT NULL,
    runtimes TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    code TEXT NOT NULL UNIQUE,
    code_sha256 TEXT NOT NULL,
    code_size INTEGER NOT NULL,
    unzipped_bytes INTEGER NOT NULL,
    revision TEXT NOT NULL,
    policy TEXT,
    deleted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (layer_id, version)
);

-- Which zips of layers $LATEST (version 0) and each version of a function use.
CREATE TABLE lambda_layer_use (
    function_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    code TEXT NOT NULL,
    PRIMARY KEY (function_id, version, code)
);
CREATE INDEX lambda_layer_use_code ON lambda_layer_use (code);
