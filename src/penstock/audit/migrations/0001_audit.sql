-- The chain. A record's hash is of the hash before it, its number and its document.
CREATE TABLE audit_record (
    seq INTEGER PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    document TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX audit_record_time ON audit_record (time_ms, seq);

-- What records are looked up by: follows from the documents.
CREATE TABLE audit_term (
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (account, kind, value, time_ms, seq)
) WITHOUT ROWID;

-- Calls that have changed something and whose outcome is not in the chain yet.
CREATE TABLE audit_open (
    event_id TEXT PRIMARY KEY,
    time_ms INTEGER NOT NULL,
    document TEXT NOT NULL
) WITHOUT ROWID;

-- Sealed marks: "base" stands for what was pruned, "head" is the end of the chain, "checkpoint" what lies between.
CREATE TABLE audit_mark (
    kind TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    time_ms INTEGER NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (kind, seq)
) WITHOUT ROWID;

CREATE TABLE audit_setting (
    name TEXT PRIMARY KEY,
    document TEXT NOT NULL
) WITHOUT ROWID;
