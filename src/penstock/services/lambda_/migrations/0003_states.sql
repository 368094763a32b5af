-- What is under way: a function is 'Creating' or 'Updating' until phase_ends_ms, else 'Ready'; a mapping has AWS's
-- State, which moves on at state_ends_ms. What has arrived has no such time.
ALTER TABLE lambda_function ADD COLUMN phase TEXT NOT NULL DEFAULT 'Ready';
ALTER TABLE lambda_function ADD COLUMN phase_ends_ms INTEGER;
CREATE INDEX lambda_function_moving ON lambda_function (phase_ends_ms) WHERE phase_ends_ms IS NOT NULL;
ALTER TABLE lambda_mapping ADD COLUMN state TEXT NOT NULL DEFAULT 'Enabled';
ALTER TABLE lambda_mapping ADD COLUMN state_ends_ms INTEGER;
UPDATE lambda_mapping SET state = 'Disabled' WHERE enabled = 0;
CREATE INDEX lambda_mapping_moving ON lambda_mapping (state_ends_ms) WHERE state_ends_ms IS NOT NULL;
