-- name: find_rule
SELECT id, pattern, state, description, role, created_by, tags, schedule FROM events_rule
WHERE account = ? AND region = ? AND bus = ? AND name = ?;

-- name: add_rule
INSERT INTO events_rule
(account, region, bus, name, pattern, state, description, role, schedule, due_ms, created_by, tags, created_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
RETURNING id;

-- name: put_rule
UPDATE events_rule SET pattern = ?, state = ?, description = ?, role = ?, schedule = ?, due_ms = ?, changed_ms = ?
WHERE id = ?;

-- name: put_rule_state
UPDATE events_rule SET state = ?, due_ms = ?, changed_ms = ? WHERE id = ?;

-- name: put_rule_tags
UPDATE events_rule SET tags = ? WHERE id = ?;

-- name: delete_rule
DELETE FROM events_rule WHERE id = ?;

-- name: find_rules
SELECT name, id, pattern, state, description, role, created_by, tags, schedule FROM events_rule
WHERE account = ? AND region = ? AND bus = ? AND name >= ? AND name < ? ORDER BY name LIMIT ?;

-- name: find_enabled_rules
SELECT id, name, pattern, tags FROM events_rule
WHERE account = ? AND region = ? AND bus = ? AND id >= ? AND id < ? AND state <> 'DISABLED' ORDER BY id;

-- name: find_targets_of_block
SELECT t.rule, t.settings FROM events_rule r JOIN events_target t ON t.rule = r.id
WHERE r.account = ? AND r.region = ? AND r.bus = ? AND r.id >= ? AND r.id < ?;

-- name: find_next_rule
SELECT id FROM events_rule WHERE account = ? AND region = ? AND bus = ? AND id > ? ORDER BY id LIMIT 1;

-- name: find_due_rules
SELECT id FROM events_rule WHERE due_ms IS NOT NULL AND due_ms <= ? ORDER BY due_ms LIMIT ?;

-- name: find_due_rule
SELECT id, account, region, bus, name, due_ms, schedule FROM events_rule WHERE id = ? AND due_ms <= ?;

-- name: find_next_due
SELECT due_ms FROM events_rule WHERE due_ms > ? ORDER BY due_ms LIMIT 1;

-- name: put_rule_due
UPDATE events_rule SET due_ms = ? WHERE id = ?;

-- name: find_next_bus
SELECT account, region, bus FROM events_rule WHERE (account, region, bus) > (?, ?, ?)
ORDER BY account, region, bus LIMIT 1;

-- name: find_rules_of_target
SELECT r.name FROM events_target t JOIN events_rule r ON r.id = t.rule
WHERE t.arn = ? AND r.account = ? AND r.region = ? AND r.bus = ?;

-- name: find_targets
SELECT id, settings FROM events_target WHERE rule = ? ORDER BY id;

-- name: put_target
INSERT INTO events_target (rule, id, arn, settings, created_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (rule, id) DO UPDATE SET arn = excluded.arn, settings = excluded.settings, changed_ms = excluded.created_ms;

-- name: find_ways
-- The targets of a bus's rules whose ARNs lie between two, with the times of rule and target.
SELECT r.name, r.id, r.pattern, r.state, r.description, r.role, r.created_by, r.tags, r.schedule,
    t.settings, r.created_ms, r.changed_ms, t.created_ms, t.changed_ms
FROM events_target t JOIN events_rule r ON r.id = t.rule
WHERE t.arn >= ? AND t.arn <= ? AND r.account = ? AND r.region = ? AND r.bus = ? LIMIT ?;

-- name: delete_target
DELETE FROM events_target WHERE rule = ? AND id = ?;
