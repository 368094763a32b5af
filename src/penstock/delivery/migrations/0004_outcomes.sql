-- Of a batch each message has an outcome of its own: error is null when it is the attempt's, empty when all went well.
CREATE TABLE attempt_message (
    cause TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    message TEXT NOT NULL,
    error TEXT,
    PRIMARY KEY (cause, attempt, message)
);
INSERT INTO attempt_message (cause, attempt, message) SELECT cause, attempt, '' FROM attempt_cause;
DROP TABLE attempt_cause;
ALTER TABLE attempt_message RENAME TO attempt_cause;
CREATE INDEX attempt_cause_attempt ON attempt_cause (attempt);
