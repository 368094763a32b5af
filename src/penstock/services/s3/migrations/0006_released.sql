-- Files of versions that have gone, as their column had them: their names are counted down in steps.
CREATE TABLE s3_released (
    id INTEGER PRIMARY KEY,
    files TEXT NOT NULL
);
