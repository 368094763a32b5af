"""AWS's limits of Secrets Manager that its model does not state.

Sources: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html,
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
"""

MAX_VALUE_BYTES = 65_536
MAX_TAGS = 50
MAX_VERSIONS = 100
MAX_STAGES = 20

RECOVERY_DAYS = 30
MIN_RECOVERY_DAYS = 7

PAGE = 100
BATCH_PAGE = 20
