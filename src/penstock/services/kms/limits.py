"""AWS's limits of KMS that its model does not state.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
"""

POLICY_BYTES = 32_768
TAGS_PER_KEY = 50
ALIASES_PER_KEY = 50
KEYS = 100_000
ROTATIONS = 25  # on demand, of one key

WINDOW_DAYS = 30
MIN_WINDOW_DAYS = 7
ROTATION_DAYS = 365

PAGE = 100
GRANT_PAGE = 50
GRANTS = 500
"""Of one key: AWS's are 50,000, which are too many to weigh at each request."""
