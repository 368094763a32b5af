-- digest: of the dimensions, which are too long for an index. seen_ms: when data came last, to ten minutes.
CREATE TABLE cloudwatch_metric (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    region TEXT NOT NULL,
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    dimensions TEXT NOT NULL,
    seen_ms INTEGER NOT NULL
);
CREATE UNIQUE INDEX cloudwatch_metric_name ON cloudwatch_metric (account, region, namespace, name, digest);

-- resolution: the seconds that a row stands for, from time_s on: 1, 60, 300, 3600.
-- bins: how many values fell where, for percentiles; those that came as statistics only are not among them.
CREATE TABLE cloudwatch_datapoint (
    metric INTEGER NOT NULL,
    resolution INTEGER NOT NULL,
    time_s INTEGER NOT NULL,
    unit TEXT NOT NULL,
    samples DOUBLE PRECISION NOT NULL,
    total DOUBLE PRECISION NOT NULL,
    minimum DOUBLE PRECISION NOT NULL,
    maximum DOUBLE PRECISION NOT NULL,
    bins BLOB NOT NULL,
    PRIMARY KEY (metric, resolution, time_s, unit)
) WITHOUT ROWID;
