-- One column of each kind.
CREATE TABLE thing (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    flag INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    data BLOB,
    note TEXT
);
CREATE TABLE thing_name (
    thing INTEGER NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (thing, name)
) WITHOUT ROWID
