CREATE TABLE iam_instance_profile (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    path TEXT NOT NULL,
    role_id TEXT,
    created_ms BIGINT NOT NULL
);
CREATE UNIQUE INDEX iam_instance_profile_name ON iam_instance_profile (account, name_key);
CREATE INDEX iam_instance_profile_role ON iam_instance_profile (role_id, name_key);

-- hash is of the password; former is JSON, the hashes before it, the latest first.
CREATE TABLE iam_login_profile (
    user_id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL,
    former TEXT NOT NULL,
    reset_required INTEGER NOT NULL,
    created_ms BIGINT NOT NULL,
    changed_ms BIGINT NOT NULL
);

-- password_policy is JSON, report a credential report.
CREATE TABLE iam_account (
    account TEXT NOT NULL PRIMARY KEY,
    alias TEXT,
    password_policy TEXT,
    report TEXT,
    report_ms BIGINT
);
CREATE UNIQUE INDEX iam_account_alias ON iam_account (alias);
