-- auth is sealed: AuthParameters under AWS's names. token is sealed, too: what the authorization endpoint gave last.
-- revision counts the changes of the parameters, so that what was asked with former ones is not taken for an answer.
CREATE TABLE events_connection (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    description TEXT,
    kind TEXT NOT NULL,
    auth TEXT NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    revision INTEGER NOT NULL,
    token TEXT,
    token_until_ms INTEGER,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL,
    authorized_ms INTEGER
);
CREATE UNIQUE INDEX events_connection_name ON events_connection (account, region, name);
CREATE INDEX events_connection_authorizing ON events_connection (id) WHERE state = 'AUTHORIZING';

-- connection is the ARN of one that need not be there any more.
CREATE TABLE events_destination (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    uid TEXT NOT NULL,
    description TEXT,
    connection TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    method TEXT NOT NULL,
    rate INTEGER,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX events_destination_name ON events_destination (account, region, name);
CREATE INDEX events_destination_connection ON events_destination (connection, name);
