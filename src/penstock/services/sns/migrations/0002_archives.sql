-- Messages of FIFO topics that have an archive policy. archive_ms is since when a topic has one.
ALTER TABLE sns_topic ADD COLUMN archive_ms INTEGER;

CREATE TABLE sns_archive (
    topic INTEGER NOT NULL,
    sequence TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    notification BLOB NOT NULL,
    PRIMARY KEY (topic, sequence)
);
CREATE INDEX sns_archive_until ON sns_archive (until_ms);

-- replay is a keyed document: which messages a subscription gets once more, and how far that has come.
ALTER TABLE sns_subscription ADD COLUMN replay TEXT;
