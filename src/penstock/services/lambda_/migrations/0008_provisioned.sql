-- Provisioned concurrency: so many workers are kept ready for a version or an alias, which qualifier names.
CREATE TABLE lambda_provisioned (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    function_id INTEGER NOT NULL,
    qualifier TEXT NOT NULL,
    requested INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    UNIQUE (function_id, qualifier)
);
