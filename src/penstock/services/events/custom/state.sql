-- name: find_bus
SELECT id, account, region, name, uid, description, retention_days, tags, token, request, created_ms, changed_ms, settled_ms, last
FROM events_custom_bus WHERE account = ? AND region = ? AND name = ? AND dropped = 0;

-- name: find_bus_of_id
SELECT id, account, region, name, uid, description, retention_days, tags, token, request, created_ms, changed_ms, settled_ms, last
FROM events_custom_bus WHERE id = ? AND dropped = 0;

-- name: find_buses
SELECT id, account, region, name, uid, description, retention_days, tags, token, request, created_ms, changed_ms, settled_ms, last
FROM events_custom_bus WHERE account = ? AND region = ? AND name > ? AND dropped = 0 ORDER BY name LIMIT ?;

-- name: add_bus
INSERT INTO events_custom_bus
(account, region, name, uid, description, retention_days, tags, token, request, created_ms, changed_ms, settled_ms, last, dropped)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
RETURNING id;

-- name: put_bus
UPDATE events_custom_bus SET description = ?, retention_days = ?, changed_ms = ?, settled_ms = ? WHERE id = ?;

-- name: put_bus_tags
UPDATE events_custom_bus SET tags = ? WHERE id = ?;

-- name: put_bus_dropped
UPDATE events_custom_bus SET dropped = 1 WHERE id = ?;

-- name: find_dropped_bus
SELECT id FROM events_custom_bus WHERE dropped = 1 ORDER BY id LIMIT 1;

-- name: delete_bus
DELETE FROM events_custom_bus WHERE id = ?;

-- name: find_next_bus
SELECT id, retention_days, dropped FROM events_custom_bus WHERE id > ? ORDER BY id LIMIT 1;

-- name: put_last
-- Whoever publishes holds the row until the commit: numbers come in the order of commits.
UPDATE events_custom_bus SET last = last + ? WHERE id = ?;

-- name: add_event
INSERT INTO events_custom_event (bus, number, id, account, kept_ms, document) VALUES (?, ?, ?, ?, ?, ?);

-- name: find_events
SELECT number, id, account, kept_ms, document FROM events_custom_event WHERE bus = ? AND number > ? ORDER BY number LIMIT ?;

-- name: find_event
SELECT number, id, account, kept_ms, document FROM events_custom_event WHERE bus = ? AND number = ?;

-- name: find_last_before
SELECT number FROM events_custom_event WHERE bus = ? AND kept_ms < ? ORDER BY kept_ms DESC, number DESC LIMIT 1;

-- name: find_old_events
SELECT number FROM events_custom_event WHERE bus = ? AND kept_ms < ? ORDER BY kept_ms LIMIT ?;

-- name: delete_event
DELETE FROM events_custom_event WHERE bus = ? AND number = ?;

-- name: find_seen
SELECT id, number FROM events_custom_seen WHERE bus = ? AND digest = ? AND until_ms > ?;

-- name: put_seen
INSERT INTO events_custom_seen (bus, digest, until_ms, id, number) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (bus, digest) DO UPDATE SET until_ms = excluded.until_ms, id = excluded.id, number = excluded.number;

-- name: find_old_seen
SELECT bus, digest FROM events_custom_seen WHERE until_ms < ? ORDER BY until_ms LIMIT ?;

-- name: delete_seen
DELETE FROM events_custom_seen WHERE bus = ? AND digest = ?;

-- name: find_subscriber
SELECT id, bus, account, region, name, uid, settings, tags, token, request, running, revoked, after, live_after, until_ms,
    created_ms, changed_ms
FROM events_custom_subscriber WHERE account = ? AND region = ? AND name = ?;

-- name: find_subscriber_of_id
SELECT id, bus, account, region, name, uid, settings, tags, token, request, running, revoked, after, live_after, until_ms,
    created_ms, changed_ms
FROM events_custom_subscriber WHERE id = ?;

-- name: find_subscribers
SELECT id, bus, account, region, name, uid, settings, tags, token, request, running, revoked, after, live_after, until_ms,
    created_ms, changed_ms
FROM events_custom_subscriber WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?;

-- name: find_subscriber_of_bus
SELECT id FROM events_custom_subscriber WHERE bus = ? LIMIT 1;

-- name: find_behind
-- Of those that run, the ones whose bus has more for them.
SELECT s.id FROM events_custom_subscriber s JOIN events_custom_bus b ON b.id = s.bus
WHERE s.running = 1 AND s.id > ? AND s.after < b.last ORDER BY s.id LIMIT ?;

-- name: add_subscriber
INSERT INTO events_custom_subscriber
(bus, account, region, name, uid, settings, tags, token, request, running, revoked, after, live_after, until_ms, created_ms, changed_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_subscriber
UPDATE events_custom_subscriber SET settings = ?, running = ?, after = ?, changed_ms = ? WHERE id = ?;

-- name: put_place
UPDATE events_custom_subscriber SET after = ?, running = ? WHERE id = ?;

-- name: put_revoked
UPDATE events_custom_subscriber SET revoked = 1, running = 0, changed_ms = ? WHERE id = ?;

-- name: put_subscriber_tags
UPDATE events_custom_subscriber SET tags = ? WHERE id = ?;

-- name: delete_subscriber
DELETE FROM events_custom_subscriber WHERE id = ?;
