-- What is looked for in the events of a log group as they come. Account, region and the group's name stand here for
-- lists over all groups of an account; the rows go with their group.
CREATE TABLE logs_metric_filter (
    log_group INTEGER NOT NULL,
    name TEXT NOT NULL,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    group_name TEXT NOT NULL,
    pattern TEXT NOT NULL,
    transformation TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (log_group, name)
);
CREATE INDEX logs_metric_filter_place ON logs_metric_filter (account, region, group_name, name);

CREATE TABLE logs_subscription_filter (
    log_group INTEGER NOT NULL,
    name TEXT NOT NULL,
    pattern TEXT NOT NULL,
    destination TEXT NOT NULL,
    distribution TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (log_group, name)
);
