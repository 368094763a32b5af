-- Exports of tables to S3 and imports from it. document: AWS's description and what the request said. copy_id: of an export,
-- the row of dynamodb_copy that keeps its table's former items. token, request: a request that comes again is one.
CREATE TABLE dynamodb_transfer (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    table_name TEXT NOT NULL,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    status TEXT NOT NULL,
    document TEXT NOT NULL,
    table_id INTEGER NOT NULL,
    copy_id INTEGER NOT NULL,
    token TEXT NOT NULL,
    begun_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX dynamodb_transfer_label ON dynamodb_transfer (account, region, table_name, kind, label);
CREATE INDEX dynamodb_transfer_order ON dynamodb_transfer (account, region, kind, label);
CREATE INDEX dynamodb_transfer_token ON dynamodb_transfer (account, region, kind, token);
CREATE INDEX dynamodb_transfer_running ON dynamodb_transfer (id) WHERE status = 'IN_PROGRESS';
CREATE INDEX dynamodb_transfer_age ON dynamodb_transfer (begun_ms);
