-- A session may be a role's, a user's own, or of somebody whom a user or root stands for.
ALTER TABLE iam_session RENAME COLUMN role_id TO holder;
ALTER TABLE iam_session ADD COLUMN kind TEXT NOT NULL DEFAULT 'role';
-- JSON: the tags that it was opened with, and the keys (in lower case) of those that are transitive.
ALTER TABLE iam_session ADD COLUMN tags TEXT;
