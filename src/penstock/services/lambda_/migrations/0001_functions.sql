-- generation grows with every change of code or configuration: workers of an older one are retired.
-- id is never given again (AUTOINCREMENT): the pool knows the workers of a deleted function by it.
-- settings, tags, async_config and policy are JSON; async_config is AWS's event invoke configuration.
CREATE TABLE lambda_function (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    generation INTEGER NOT NULL,
    revision TEXT NOT NULL,
    code TEXT NOT NULL,
    code_sha256 TEXT NOT NULL,
    code_size INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    reserved INTEGER,
    settings TEXT NOT NULL,
    tags TEXT NOT NULL,
    async_config TEXT,
    policy TEXT,
    UNIQUE (account, region, name)
);

CREATE TABLE lambda_mapping (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    function TEXT NOT NULL,
    source_arn TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    settings TEXT NOT NULL,
    tags TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    result TEXT NOT NULL,
    UNIQUE (account, region, function, source_arn)
);
CREATE INDEX lambda_mapping_page ON lambda_mapping (account, region, id);
