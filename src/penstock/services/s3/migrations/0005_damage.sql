-- Versions whose bytes were found not to be what was written; a row goes with its version's bytes.
CREATE TABLE s3_damage (
    bucket INTEGER NOT NULL,
    key TEXT NOT NULL,
    ord INTEGER NOT NULL,
    found_ms INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (bucket, key, ord)
) WITHOUT ROWID;

-- The one pass over all versions that is under way, or the last one: it goes on behind (bucket, key, ord).
CREATE TABLE s3_scrub (
    id INTEGER NOT NULL,
    began_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    bucket INTEGER NOT NULL,
    key TEXT NOT NULL,
    ord INTEGER NOT NULL,
    versions INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (id)
) WITHOUT ROWID;
