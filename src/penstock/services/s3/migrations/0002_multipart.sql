-- How often each body file is named, by object versions and by parts: a copy names its source's file once more.
CREATE TABLE s3_file (
    ref TEXT PRIMARY KEY,
    uses INTEGER NOT NULL
);

-- The null version of a key that also has versions. One that is older than versioning itself has ord -1, so that
-- buckets without versioning, where every row is a null version, do not pay for this index.
CREATE INDEX s3_object_null ON s3_object (bucket, key) WHERE version = 'null' AND ord < -1;

-- Upload ids start with the time, so that (key, upload) is the order of ListMultipartUploads.
CREATE TABLE s3_upload (
    bucket INTEGER NOT NULL,
    key TEXT NOT NULL,
    upload TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    initiator TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    checksum_type TEXT NOT NULL,
    explicit INTEGER NOT NULL,
    meta TEXT NOT NULL,
    PRIMARY KEY (bucket, key, upload)
);

CREATE TABLE s3_part (
    upload TEXT NOT NULL,
    number INTEGER NOT NULL,
    size INTEGER NOT NULL,
    etag TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    checksum TEXT NOT NULL,
    files TEXT NOT NULL,
    PRIMARY KEY (upload, number)
);
