CREATE TABLE toy_connection (
    arn TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    status TEXT NOT NULL,
    due_ms INTEGER NOT NULL
) WITHOUT ROWID;
