CREATE TABLE s3_bucket (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    versioning TEXT NOT NULL DEFAULT '',
    policy TEXT
);
CREATE INDEX s3_bucket_account ON s3_bucket (account, name);

-- One row per object version, newest first: the first row of a key is its current version. One b-tree serves
-- get, put and every listing. ord is negative and falls by one with each version of the key.
CREATE TABLE s3_object (
    bucket INTEGER NOT NULL,
    key TEXT NOT NULL,
    ord INTEGER NOT NULL,
    version TEXT NOT NULL,
    delete_marker INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    inline_id INTEGER,
    files TEXT,
    meta TEXT NOT NULL,
    PRIMARY KEY (bucket, key, ord)
) WITHOUT ROWID;

CREATE TABLE s3_inline (
    id INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);
