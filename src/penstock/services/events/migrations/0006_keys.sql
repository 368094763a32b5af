-- The key of KMS as it was named, null where there is none.
ALTER TABLE events_bus ADD COLUMN kms_key TEXT;
ALTER TABLE events_archive ADD COLUMN kms_key TEXT;
