-- What becomes of a loop that the function is part of: AWS's RecursiveLoop, Terminate or Allow.
ALTER TABLE lambda_function ADD COLUMN recursive_loop TEXT NOT NULL DEFAULT 'Terminate';
