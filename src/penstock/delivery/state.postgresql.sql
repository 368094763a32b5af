-- name: find_next_seq
-- Reading the key's events makes two transactions that change one key conflict, whatever rows they change: the one that
-- has drawn the smaller number cannot commit after the other.
SELECT nextval('event_seq_seq'), max(seq) FROM event WHERE bucket = ? AND key = ?;
