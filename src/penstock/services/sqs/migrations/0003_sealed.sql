-- The ARN of the queue whose key of KMS encrypts the body, under which it is opened in whatever queue it is then.
ALTER TABLE sqs_message ADD COLUMN sealed_for TEXT;
