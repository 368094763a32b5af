-- The priority of a rule (0: that of the destination), and the group whose order is kept. What is behind another of its group
-- is due without a time.
ALTER TABLE delivery ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN group_id TEXT;

DROP INDEX delivery_due;
CREATE INDEX delivery_due ON delivery (arn, rank, due_ms) WHERE state = 'due';
CREATE INDEX delivery_group ON delivery (arn, group_id, id) WHERE group_id IS NOT NULL AND finished_ms IS NULL;

-- Breakers that are open: written when one opens or closes.
CREATE TABLE breaker (
    arn TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL,
    error TEXT NOT NULL
);
