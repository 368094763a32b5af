"""Where a server may die: in place of the ``n``-th call of a kind, as operation, pattern and ``n``."""

POINTS = {
    "commit_begins_to_write": ("write", "*/penstock.db-wal", 400),
    "commit_is_written_but_not_synced": ("fsync", "*/penstock.db-wal", 40),
    "commit_is_durable_but_not_answered": ("send", "HTTP/1.1 200*", 150),
    "checkpoint_begins": ("write", "*/penstock.db", 1),
    "checkpoint_is_half_written": ("write", "*/penstock.db", 25),
    "checkpoint_is_not_synced": ("fsync", "*/penstock.db", 1),
    "body_is_being_written": ("write", "*/bodies/staging/*", 15),
    "body_is_not_synced": ("fsync", "*/bodies/staging/*", 10),
    "body_has_no_name": ("rename", "*/bodies/staging/*", 10),
    "body_has_a_name_and_no_row": ("fsync", "*/bodies/??", 10),
    "body_has_no_row_any_more": ("unlink", "*/bodies/*", 5),
}
