-- url_id is the first label of the URL's host. cors is JSON. qualifier is an alias, "" for $LATEST.
CREATE TABLE lambda_url (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    url_id TEXT NOT NULL UNIQUE,
    function_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    auth_type TEXT NOT NULL,
    cors TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    UNIQUE (function_id, qualifier)
);
