-- What completing an upload answered, for a client that lost the answer and asks again. listed is a digest of the
-- parts that it listed.
CREATE TABLE s3_completed (
    bucket INTEGER NOT NULL,
    key TEXT NOT NULL,
    upload TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    listed TEXT NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (bucket, key, upload)
) WITHOUT ROWID;
CREATE INDEX s3_completed_at ON s3_completed (at_ms);
