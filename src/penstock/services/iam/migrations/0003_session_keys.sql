ALTER TABLE iam_session ADD COLUMN keys TEXT;
