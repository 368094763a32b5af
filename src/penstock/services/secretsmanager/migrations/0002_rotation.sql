-- At due_ms the next step of the rotation under way is due, token being its version; without a token the next rotation.
CREATE TABLE secretsmanager_rotation (
    secret INTEGER PRIMARY KEY,
    function TEXT NOT NULL,
    rules TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    rotated_ms INTEGER,
    next_ms INTEGER,
    token TEXT,
    step INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    due_ms INTEGER
);
CREATE INDEX secretsmanager_rotation_due ON secretsmanager_rotation (due_ms) WHERE due_ms IS NOT NULL;
