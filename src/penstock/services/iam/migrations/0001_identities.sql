CREATE TABLE iam_role (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    path TEXT NOT NULL,
    description TEXT,
    max_session_s INTEGER NOT NULL,
    trust TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX iam_role_name ON iam_role (account, name_key);

CREATE TABLE iam_role_policy (
    role_id TEXT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (role_id, name)
);

CREATE TABLE iam_policy (
    arn TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    path TEXT NOT NULL,
    description TEXT,
    default_version INTEGER NOT NULL,
    last_version INTEGER NOT NULL,
    created_ms BIGINT NOT NULL,
    updated_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX iam_policy_name ON iam_policy (account, name_key);

CREATE TABLE iam_policy_version (
    arn TEXT NOT NULL,
    version INTEGER NOT NULL,
    document TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (arn, version)
);

CREATE TABLE iam_attachment (
    role_id TEXT NOT NULL,
    policy_arn TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (role_id, policy_arn)
);
CREATE INDEX iam_attachment_policy ON iam_attachment (policy_arn, account);

CREATE TABLE iam_tag (
    entity TEXT NOT NULL,
    key_key TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (entity, key_key)
);

CREATE TABLE iam_session (
    access_key_id TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    token TEXT NOT NULL,
    role_id TEXT NOT NULL,
    account TEXT NOT NULL,
    arn TEXT NOT NULL,
    name TEXT NOT NULL,
    policy TEXT,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX iam_session_expiry ON iam_session (expires_ms)
