-- Since when a subscription gets messages (null: from before this was kept), and when its attributes last changed.
ALTER TABLE sns_subscription ADD COLUMN since_ms INTEGER;
ALTER TABLE sns_subscription ADD COLUMN changed_ms INTEGER;
