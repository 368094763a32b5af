-- name: find_metric
SELECT id, seen_ms FROM cloudwatch_metric
WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND digest = ?;

-- name: add_metric
INSERT INTO cloudwatch_metric (account, region, namespace, name, digest, dimensions, seen_ms)
VALUES (?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_seen
UPDATE cloudwatch_metric SET seen_ms = ? WHERE id = ?;

-- name: find_metrics
SELECT namespace, name, digest, id, dimensions, seen_ms FROM cloudwatch_metric
WHERE account = ? AND region = ? AND (namespace, name, digest) > (?, ?, ?)
ORDER BY namespace, name, digest LIMIT ?;

-- name: find_metrics_of_namespace
SELECT namespace, name, digest, id, dimensions, seen_ms FROM cloudwatch_metric
WHERE account = ? AND region = ? AND namespace = ? AND (name, digest) > (?, ?)
ORDER BY name, digest LIMIT ?;

-- name: find_metrics_of_name
SELECT namespace, name, digest, id, dimensions, seen_ms FROM cloudwatch_metric
WHERE account = ? AND region = ? AND namespace = ? AND name = ? AND digest > ?
ORDER BY digest LIMIT ?;

-- name: find_some_metrics
SELECT id, account, region, namespace, name, digest, seen_ms FROM cloudwatch_metric WHERE id > ? ORDER BY id LIMIT ?;

-- name: delete_metric
DELETE FROM cloudwatch_metric WHERE id = ?;

-- name: find_datapoint
SELECT samples, total, minimum, maximum, bins FROM cloudwatch_datapoint
WHERE metric = ? AND resolution = ? AND time_s = ? AND unit = ?;

-- name: put_datapoint
INSERT INTO cloudwatch_datapoint (metric, resolution, time_s, unit, samples, total, minimum, maximum, bins)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (metric, resolution, time_s, unit) DO UPDATE SET
samples = excluded.samples, total = excluded.total, minimum = excluded.minimum, maximum = excluded.maximum,
bins = excluded.bins;

-- name: find_datapoints
SELECT time_s, unit, samples, total, minimum, maximum FROM cloudwatch_datapoint
WHERE metric = ? AND resolution = ? AND time_s >= ? AND time_s < ? ORDER BY time_s LIMIT ?;

-- name: find_datapoints_with_bins
SELECT time_s, unit, samples, total, minimum, maximum, bins FROM cloudwatch_datapoint
WHERE metric = ? AND resolution = ? AND time_s >= ? AND time_s < ? ORDER BY time_s LIMIT ?;

-- name: find_oldest_datapoints
SELECT time_s, unit, samples, total, minimum, maximum, bins FROM cloudwatch_datapoint
WHERE metric = ? AND resolution = ? AND time_s < ? ORDER BY time_s LIMIT ?;

-- name: find_next_datapoint
SELECT time_s FROM cloudwatch_datapoint
WHERE metric = ? AND resolution = ? AND time_s >= ? ORDER BY time_s LIMIT 1;

-- name: delete_datapoints
DELETE FROM cloudwatch_datapoint WHERE metric = ? AND resolution = ? AND time_s >= ? AND time_s <= ?;
