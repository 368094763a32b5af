-- Since when a rule and each of its targets are there, and since when a rule is as it is (null: from before this was kept).
ALTER TABLE events_rule ADD COLUMN created_ms INTEGER;
ALTER TABLE events_rule ADD COLUMN changed_ms INTEGER;
ALTER TABLE events_target ADD COLUMN created_ms INTEGER;
ALTER TABLE events_target ADD COLUMN changed_ms INTEGER;
