-- document: the settings in AWS's shapes, versioned. dropped: nobody sees it any more; its items go in small steps.
CREATE TABLE dynamodb_table (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    document TEXT NOT NULL,
    tags TEXT NOT NULL,
    policy TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    dropped INTEGER NOT NULL
);
CREATE UNIQUE INDEX dynamodb_table_name ON dynamodb_table (account, region, name) WHERE dropped = 0;
CREATE INDEX dynamodb_table_dropped ON dynamodb_table (id) WHERE dropped = 1;

-- kind: GLOBAL, LOCAL, or EXPIRY, the items by the end of their time to live. While it is CREATING, items behind the
-- cursor (its two halves are an item's key) may be missing in it. DELETING: its entries go in small steps.
CREATE TABLE dynamodb_index (
    id INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL,
    cursor_hash BLOB NOT NULL,
    cursor_range BLOB NOT NULL
);
CREATE INDEX dynamodb_index_table ON dynamodb_index (table_id);
CREATE INDEX dynamodb_index_work ON dynamodb_index (id) WHERE state <> 'ACTIVE';
CREATE INDEX dynamodb_index_expiry ON dynamodb_index (id) WHERE kind = 'EXPIRY';

-- hash_key: a digest of the partition key, so that scans go through partitions in no order; range_key: the sort key as
-- bytes in its order, empty where there is none. bytes: the size that AWS counts, before the item so that it is read without it.
CREATE TABLE dynamodb_item (
    id INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL,
    hash_key BLOB NOT NULL,
    range_key BLOB NOT NULL,
    bytes INTEGER NOT NULL,
    item BLOB NOT NULL
);
CREATE UNIQUE INDEX dynamodb_item_key ON dynamodb_item (table_id, hash_key, range_key);

CREATE TABLE dynamodb_entry (
    index_id INTEGER NOT NULL,
    hash_key BLOB NOT NULL,
    range_key BLOB NOT NULL,
    item_hash BLOB NOT NULL,
    item_range BLOB NOT NULL,
    item_id INTEGER NOT NULL,
    PRIMARY KEY (index_id, hash_key, range_key, item_hash, item_range)
) WITHOUT ROWID;

-- Of a table (index_id 0) and of each index, in shards, so that writers of one table do not wait for each other.
CREATE TABLE dynamodb_count (
    table_id INTEGER NOT NULL,
    index_id INTEGER NOT NULL,
    shard INTEGER NOT NULL,
    items INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (table_id, index_id, shard)
) WITHOUT ROWID;

-- A stream outlives its table: ended_ms is when it was switched off. sequence: that of its last change.
CREATE TABLE dynamodb_stream (
    id INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    table_name TEXT NOT NULL,
    label TEXT NOT NULL,
    document TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    sequence INTEGER NOT NULL
);
CREATE UNIQUE INDEX dynamodb_stream_label ON dynamodb_stream (account, region, table_name, label);
CREATE INDEX dynamodb_stream_ended ON dynamodb_stream (ended_ms) WHERE ended_ms IS NOT NULL;

-- change: what the stream's view shows of it, in the form of the items.
CREATE TABLE dynamodb_changes (
    stream_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    change BLOB NOT NULL,
    PRIMARY KEY (stream_id, sequence)
);
CREATE INDEX dynamodb_changes_age ON dynamodb_changes (created_ms);

-- request: a digest of the transaction that came with the token; consumed: what its answer said.
CREATE TABLE dynamodb_token (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    token TEXT NOT NULL,
    request BLOB NOT NULL,
    consumed TEXT NOT NULL,
    until_ms INTEGER NOT NULL,
    PRIMARY KEY (account, region, token)
);
CREATE INDEX dynamodb_token_age ON dynamodb_token (until_ms);
