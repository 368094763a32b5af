-- Queries that somebody has saved. log_groups: the names of their groups, as JSON.
CREATE TABLE logs_query_definition (
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    log_groups TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, region, id)
);
CREATE INDEX logs_query_definition_name ON logs_query_definition (account, region, name, id);

-- Who may write to one log group, besides those whom the account's policies let in.
ALTER TABLE logs_group ADD COLUMN policy TEXT;
ALTER TABLE logs_group ADD COLUMN policy_ms INTEGER;
ALTER TABLE logs_group ADD COLUMN policy_revision TEXT;
