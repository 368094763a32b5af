-- What was put on a bucket besides its policy and versioning: one JSON text per setting. A setting without a row
-- was never put (its default holds); a row that holds null was deleted by its owner (AWS then answers "not found").
CREATE TABLE s3_bucket_setting (
    bucket INTEGER NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (bucket, name)
);
