-- When a dead delivery was last sent again: a new run, whose ladder begins then. Dead ones are kept by a term of their own.
ALTER TABLE delivery ADD COLUMN redriven_ms INTEGER;

DROP INDEX delivery_finished;
CREATE INDEX delivery_finished ON delivery (finished_ms) WHERE state = 'delivered';
CREATE INDEX delivery_dead ON delivery (finished_ms) WHERE state = 'dead';
