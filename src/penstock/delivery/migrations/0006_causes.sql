-- Of what no change caused: the span under which it was sent, so that a story goes on to what functions invoke and publish.
ALTER TABLE delivery ADD COLUMN cause TEXT;
CREATE INDEX delivery_cause ON delivery (cause) WHERE cause IS NOT NULL;
