-- What items were before they changed, of tables that can be brought back to a point in time or are being copied; item is
-- NULL where there was none. id: in which order changes of one item with one time were made.
CREATE TABLE dynamodb_undo (
    id INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL,
    hash_key BLOB NOT NULL,
    range_key BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    item BLOB
);
CREATE INDEX dynamodb_undo_key ON dynamodb_undo (table_id, hash_key, range_key, at_ms, id);
CREATE INDEX dynamodb_undo_age ON dynamodb_undo (at_ms);

-- A copy that is being made: of source_id as it was before moment_ms (NULL: as it lies), into target_id, as far as the
-- cursor. CLEARING: it is done, and what was kept for it goes in small steps. Both are rows of dynamodb_table.
CREATE TABLE dynamodb_copy (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL,
    moment_ms INTEGER,
    target_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    cursor_hash BLOB NOT NULL,
    cursor_range BLOB NOT NULL
);
CREATE INDEX dynamodb_copy_source ON dynamodb_copy (source_id);
CREATE INDEX dynamodb_copy_running ON dynamodb_copy (id) WHERE state = 'RUNNING';
CREATE INDEX dynamodb_copy_clearing ON dynamodb_copy (id) WHERE state = 'CLEARING';

-- document: what it is called, and the table's settings and indexes as they were. Its items are those of items_id, a row of
-- dynamodb_table that is no table any more (dropped = 2) or never was one.
CREATE TABLE dynamodb_backup (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    table_name TEXT NOT NULL,
    label TEXT NOT NULL,
    kind TEXT NOT NULL,
    document TEXT NOT NULL,
    items_id INTEGER NOT NULL,
    is_whole INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER
);
CREATE UNIQUE INDEX dynamodb_backup_label ON dynamodb_backup (account, region, table_name, label);
CREATE INDEX dynamodb_backup_age ON dynamodb_backup (account, region, label);
CREATE INDEX dynamodb_backup_items ON dynamodb_backup (items_id);
CREATE INDEX dynamodb_backup_expiry ON dynamodb_backup (expires_ms) WHERE expires_ms IS NOT NULL;
