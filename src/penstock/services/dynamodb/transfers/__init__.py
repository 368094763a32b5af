"""Tables to S3 and from it: exports of a former time, and imports into new tables. S3 is asked as who wants them."""
