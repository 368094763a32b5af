"""SNS's limits.

Source: https://docs.aws.amazon.com/general/latest/gr/sns.html and the API reference's pages
"""

MAX_TOPICS = 100_000
MAX_FIFO_TOPICS = 1000
MAX_FIFO_SUBSCRIPTIONS = 100
MAX_TAGS = 50
MAX_TAG_KEY = 128
MAX_TAG_VALUE = 256

PAGE = 100
"""Topics and subscriptions that a list gives at once."""

MIN_MAXIMUM_MESSAGE_SIZE = 1024
MAX_MESSAGE_BYTES = 262_144
MAX_LARGE_MESSAGE_BYTES = 1_048_576
MAX_LARGE_SUBSCRIPTIONS = 100
"""Subscriptions of a topic that takes messages longer than ``MAX_MESSAGE_BYTES``."""

MAX_SUBJECT = 100
MAX_BATCH_ENTRIES = 10
MAX_ATTRIBUTE_NAME = 256
MAX_DISPLAY_NAME = 100
MAX_POLICY_BYTES = 30_720
MAX_ENDPOINT = 2048
MAX_ARCHIVE_DAYS = 365

TOKEN_MS = 2 * 86_400_000
"""How long an endpoint may take to confirm its subscription."""

ENDED_MS = 3 * 86_400_000
"""How long a subscription that has ended can be taken up again."""

DEDUPLICATION_MS = 5 * 60_000

HTTP_TIMEOUT_S = 15

MAX_KEY_NAME_CHARS = 2048
"""What KMS takes as the name of a key."""

FIFO_MESSAGES = 3000
"""Messages that a FIFO topic takes in a second."""

FIFO_GROUP_MESSAGES = 300
"""Messages of one group that a FIFO topic takes in a second whose throughput is that of its groups."""
