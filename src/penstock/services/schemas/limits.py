"""Limits of the schema registry.

Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html, and the model.
"""

MAX_CONTENT = 100_000
MAX_DEPTH = 255
"""Events that are nested deeper are not looked at."""
MAX_DESCRIPTION = 256
MAX_PAGE = 100
MAX_TAGS = 50

MAX_SAMPLE_BYTES = 16_384
MAX_SAMPLES = 1000
"""Events that wait to be looked at; those that come beyond are let go, for the next will be like them."""
