"""AWS's limits of Parameter Store that its model does not state.

Source: https://docs.aws.amazon.com/general/latest/gr/ssm.html
"""

STANDARD_BYTES = 4096
ADVANCED_BYTES = 8192
MAX_STANDARD = 10_000
MAX_ADVANCED = 100_000
MAX_LEVELS = 15
MAX_NAME = 1011
MAX_VERSIONS = 100
MAX_LABELS = 10
MAX_TAGS = 50

DESCRIBED = 50
BY_PATH = 10
