-- A version is what $LATEST was when it was published: its settings are sealed and encoded as the function's own.
-- last_version is the number given last, which is never given again.
ALTER TABLE lambda_function ADD COLUMN last_version INTEGER NOT NULL DEFAULT 0;
CREATE TABLE lambda_version (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    function_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    role TEXT NOT NULL,
    revision TEXT NOT NULL,
    code TEXT NOT NULL,
    code_sha256 TEXT NOT NULL,
    code_size INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    settings TEXT NOT NULL,
    async_config TEXT,
    policy TEXT,
    UNIQUE (function_id, version)
);
CREATE INDEX lambda_version_code ON lambda_version (code);
CREATE INDEX lambda_function_code ON lambda_function (code);

-- weights is JSON: the share of each further version. An alias has a policy and an event invoke configuration of its own.
CREATE TABLE lambda_alias (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    function_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    weights TEXT NOT NULL,
    description TEXT NOT NULL,
    revision TEXT NOT NULL,
    async_config TEXT,
    policy TEXT,
    UNIQUE (function_id, name)
);
