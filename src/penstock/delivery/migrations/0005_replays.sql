-- What was delivered again says in which replay. A replay is sent in steps; after_seq is the last change that was looked at.
-- Bounds are numbers of changes; from_ms and to_ms are what was asked for (null: no bound).
ALTER TABLE delivery ADD COLUMN replay TEXT;

CREATE TABLE replay (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    prefix TEXT NOT NULL,
    from_ms INTEGER,
    to_ms INTEGER,
    rule TEXT,
    target TEXT,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    after_seq INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    finished_ms INTEGER
);
CREATE INDEX replay_open ON replay (bucket) WHERE finished_ms IS NULL;
CREATE INDEX replay_finished ON replay (finished_ms) WHERE finished_ms IS NOT NULL;
