-- AWS's InvokeMode: whether the URL's answers are sent when they are whole, or as they are written.
ALTER TABLE lambda_url ADD COLUMN invoke_mode TEXT NOT NULL DEFAULT 'BUFFERED';
