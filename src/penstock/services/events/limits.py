"""AWS's limits of EventBridge that its model does not state.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html,
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

MAX_REQUEST_BYTES = 1_048_576
TIME_BYTES = 14
MAX_DETAIL_TYPE = 128
MAX_TARGETS = 5
MAX_POLICY_BYTES = 10_240
MAX_TAGS = 50
MAX_PAGE = 100
MAX_ACTIVE_REPLAYS = 10

MAX_BODY = 8 * 1024 * 1024
"""A detail of a mebibyte is a text in JSON, each byte of which may be written as six."""
