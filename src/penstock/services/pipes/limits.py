"""AWS's limits of EventBridge Pipes that its model does not state.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html,
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
"""

MAX_PIPES = 1000
MAX_PAGE = 100
MAX_TAGS = 50
MAX_PAYLOAD_BYTES = 6 * 1024 * 1024 - 1024
"""What a batch may take: what a function takes at once, less what is around the records."""
