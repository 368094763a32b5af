"""AWS's limits of EventBridge Scheduler that its model does not state.

Sources: https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html,
https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html
"""

MAX_INPUT_BYTES = 262_144
MAX_GROUPS = 500
MAX_TAGS = 50
MAX_PAGE = 100
MAX_LATE_START_MS = 5 * 60_000

PRECISION_MS = 60_000
"""A target is asked within a minute of its time, so a one-time schedule may be made that much too late."""

TOKEN_MS = 8 * 3_600_000
"""How long a ClientToken is remembered, which AWS does not say."""
