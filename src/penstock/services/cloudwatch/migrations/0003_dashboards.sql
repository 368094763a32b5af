-- Dashboards are the same in every region of an account.
CREATE TABLE cloudwatch_dashboard (
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    tags TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    PRIMARY KEY (account, name)
);
