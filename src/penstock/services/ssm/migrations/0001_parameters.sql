-- settings are those of the newest version, under AWS's names, as a keyed document.
CREATE TABLE ssm_parameter (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    settings TEXT NOT NULL,
    tags TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    modified_by TEXT NOT NULL
);
CREATE UNIQUE INDEX ssm_parameter_name ON ssm_parameter (account, region, name);

-- value is sealed when the type is SecureString.
CREATE TABLE ssm_version (
    parameter INTEGER NOT NULL,
    number INTEGER NOT NULL,
    value TEXT NOT NULL,
    settings TEXT NOT NULL,
    modified_ms INTEGER NOT NULL,
    modified_by TEXT NOT NULL,
    PRIMARY KEY (parameter, number)
);

CREATE TABLE ssm_label (
    parameter INTEGER NOT NULL,
    label TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (parameter, label)
);
CREATE INDEX ssm_label_version ON ssm_label (parameter, number, label);
