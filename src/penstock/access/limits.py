"""AWS's limits on when a signature counts.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

MAX_SKEW_MS = 15 * 60 * 1000
MAX_EXPIRES_S = 604_800
