-- A policy may be a role's, a user's or a group's.
ALTER TABLE iam_role_policy RENAME TO iam_inline_policy;
ALTER TABLE iam_inline_policy RENAME COLUMN role_id TO entity;
ALTER TABLE iam_attachment RENAME COLUMN role_id TO entity;
ALTER TABLE iam_role ADD COLUMN boundary TEXT;

CREATE TABLE iam_user (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    path TEXT NOT NULL,
    boundary TEXT,
    created_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX iam_user_name ON iam_user (account, name_key);
CREATE INDEX iam_user_boundary ON iam_user (boundary, account);
CREATE INDEX iam_role_boundary ON iam_role (boundary, account);

CREATE TABLE iam_group (
    id TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    path TEXT NOT NULL,
    created_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX iam_group_name ON iam_group (account, name_key);

CREATE TABLE iam_membership (
    group_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX iam_membership_user ON iam_membership (user_id, group_id);

-- secret is sealed.
CREATE TABLE iam_access_key (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    secret TEXT NOT NULL,
    active INTEGER NOT NULL,
    created_ms INTEGER NOT NULL
);
CREATE INDEX iam_access_key_user ON iam_access_key (user_id, id);
