-- client_ids and thumbprints are JSON.
CREATE TABLE iam_provider (
    arn TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    url TEXT NOT NULL,
    client_ids TEXT NOT NULL,
    thumbprints TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);
CREATE INDEX iam_provider_account ON iam_provider (account, arn);
