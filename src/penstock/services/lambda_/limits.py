"""AWS's limits.

Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""

MAX_TIMEOUT_S = 900
MAX_MEMORY_MB = 10_240
MAX_EPHEMERAL_MB = 10_240
MAX_ENVIRONMENT_BYTES = 4096
MAX_ZIP_BYTES = 50 * 1024 * 1024
"""A zip sent in the request; one that lies in S3 may be larger."""

MAX_CODE_REQUEST = 70_167_211
"""Bytes of a request that brings one: AWS's own number, a zip in base64 and 256 KiB."""

MAX_CONFIGURATION_REQUEST = 5120
"""Bytes of UpdateFunctionConfiguration's request, by AWS's own refusals, which name it."""

MAX_LAYER_REQUEST = 69_905_067
"""Bytes of a request that brings a layer: AWS's own number, a zip in base64."""

MAX_LAYERS = 5
MAX_UNZIPPED_BYTES = 262_144_000
MAX_UNZIPPED_FILES = 100_000
"""Penstock's own: AWS states no number of files, but a folder must be made of them in bounded time."""

MAX_SYNC_PAYLOAD = 6 * 1024 * 1024
MAX_ASYNC_PAYLOAD = 1024 * 1024
MAX_CLIENT_CONTEXT = 3583
"""Of Base64, https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""

MAX_RESPONSE = 6_291_556
"""AWS's own number: 100 bytes more than 6 MiB."""

MAX_STREAMED_RESPONSE = 200 * 1024 * 1024

MAX_RUNS_IN_CHAIN = 16
"""Runs of one function in a chain of requests; AWS says about 16."""

LOG_TAIL_BYTES = 4096
INIT_TIMEOUT_S = 10
PROVISIONED_INIT_TIMEOUT_S = 130
"""At least; a function's own time-out when that is longer."""
MAX_CONCURRENCY = 1000
MIN_UNRESERVED = 100
MAX_POLICY_BYTES = 20_480
MAX_TAGS = 50
TOTAL_CODE_BYTES = 80_530_636_800
