-- name: draw_seq
-- Reading the key's events makes two transactions that change one key conflict, whatever rows they change: the one that
-- has drawn the smaller number cannot commit after the other.
SELECT nextval('event_seq_seq'), max(seq) FROM event WHERE bucket = ? AND key = ?;

-- name: find_old_deliveries
SELECT id FROM delivery WHERE state = 'delivered' AND finished_ms < ? AND (event IS NULL OR event <> ?)
ORDER BY finished_ms LIMIT ?;

-- name: find_old_dead
SELECT id FROM delivery WHERE state = 'dead' AND finished_ms < ? AND (event IS NULL OR event <> ?)
ORDER BY finished_ms LIMIT ?;
