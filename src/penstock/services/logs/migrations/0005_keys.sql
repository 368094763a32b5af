-- kms_key: the ARN of the key of KMS that new events are under; data_key: the row of the data key that encrypts them.
ALTER TABLE logs_group ADD COLUMN kms_key TEXT;
ALTER TABLE logs_group ADD COLUMN data_key INTEGER;

-- Data keys, encrypted with keys of KMS for the group that arn names; they go with the group.
CREATE TABLE logs_key (
    id INTEGER PRIMARY KEY,
    log_group INTEGER NOT NULL,
    arn TEXT NOT NULL,
    data_key BLOB NOT NULL
);
CREATE INDEX logs_key_group ON logs_key (log_group);

-- Which data key encrypts the message.
ALTER TABLE logs_event ADD COLUMN sealed_by INTEGER;
