-- name: find_certificate
SELECT name, certificate, private_key FROM sns_certificate WHERE id = 1;

-- name: find_certificate_named
SELECT certificate FROM sns_certificate WHERE name = ?;

-- name: add_certificate
INSERT INTO sns_certificate (id, name, certificate, private_key) VALUES (1, ?, ?, ?) ON CONFLICT DO NOTHING;
