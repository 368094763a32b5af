-- name: find_replay
SELECT id, archive, archive_name, bus, description, rules, from_ms, to_ms, state, at_ms, at_id, last_ms, started_ms, ended_ms
FROM events_replay WHERE account = ? AND region = ? AND name = ?;

-- name: find_replays
SELECT name, id, archive, archive_name, bus, description, rules, from_ms, to_ms, state, at_ms, at_id, last_ms, started_ms,
    ended_ms
FROM events_replay WHERE account = ? AND region = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: add_replay
INSERT INTO events_replay
(account, region, name, archive, archive_name, bus, description, rules, from_ms, to_ms, state, at_ms, at_id, started_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: find_active_replays
SELECT account, region, name FROM events_replay WHERE ended_ms IS NULL ORDER BY id LIMIT ?;

-- name: find_active_count
SELECT count(*) FROM events_replay WHERE ended_ms IS NULL AND account = ? AND region = ?;

-- name: put_replay_state
UPDATE events_replay SET state = ?, ended_ms = ? WHERE id = ?;

-- name: put_replay_place
UPDATE events_replay SET state = ?, at_ms = ?, at_id = ?, last_ms = ? WHERE id = ?;
