-- settings is a keyed document: the members of CreatePipe that say how the pipe works. state is where it stands, desired where it is to
-- be; what ends at state_ends_ms moves on by itself. uid is what a source knows the pipe by.
CREATE TABLE pipes_pipe (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    role TEXT NOT NULL,
    settings TEXT NOT NULL,
    tags TEXT NOT NULL,
    desired TEXT NOT NULL,
    state TEXT NOT NULL,
    state_ends_ms INTEGER,
    reason TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    modified_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX pipes_pipe_name ON pipes_pipe (account, region, name);
CREATE UNIQUE INDEX pipes_pipe_uid ON pipes_pipe (uid);
CREATE INDEX pipes_pipe_moving ON pipes_pipe (state_ends_ms) WHERE state_ends_ms IS NOT NULL;
CREATE INDEX pipes_pipe_running ON pipes_pipe (id) WHERE desired = 'RUNNING';
