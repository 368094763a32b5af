"""DynamoDB's limits.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html and ServiceQuotas.html
"""

from typing import Final

MAX_REQUEST_BYTES: Final = 16 * 1024 * 1024
MAX_ITEM_BYTES: Final = 400 * 1024
MAX_HASH_KEY_BYTES: Final = 2048
MAX_RANGE_KEY_BYTES: Final = 1024

MAX_PAGE_BYTES: Final = 1024 * 1024
"""What Query and Scan read before they give a page."""

MAX_BATCH_GET: Final = 100
MAX_BATCH_GET_BYTES: Final = 16 * 1024 * 1024
MAX_BATCH_WRITE: Final = 25
MAX_TRANSACTION_ITEMS: Final = 100
MAX_TRANSACTION_BYTES: Final = 4 * 1024 * 1024
TOKEN_MS: Final = 10 * 60 * 1000
"""For how long a ClientRequestToken is remembered."""

MAX_TABLES: Final = 2500
MAX_LOCAL_INDEXES: Final = 5
MAX_GLOBAL_INDEXES: Final = 20
MAX_PROJECTED: Final = 100
"""Attributes that a table's indexes may name in their projections, together."""

MAX_LISTED_TABLES: Final = 100
MAX_TAGS: Final = 50
TAGS_PAGE: Final = 10
MAX_TABLE_UNITS: Final = 40_000
MAX_ACCOUNT_UNITS: Final = 80_000
BURST_S: Final = 300
"""Of how many seconds a table keeps the units that nobody uses."""

MAX_POLICY_BYTES: Final = 20 * 1024

STREAM_MS: Final = 24 * 60 * 60 * 1000
"""For how long the changes of a table can be read from its stream."""

MAX_LISTED_BACKUPS: Final = 100
RECOVERY_DAYS: Final = 35
FORMER_MS: Final = 36 * 24 * 60 * 60 * 1000
"""For how long what items were is kept: a day longer than it can be asked for, so that a restore can end."""

DELETED_TABLE_MS: Final = 35 * 24 * 60 * 60 * 1000
"""For how long there is a backup of a table that was deleted and could be brought back to a point in time."""

MIN_EXPORT_MS: Final = 15 * 60 * 1000
MAX_EXPORT_MS: Final = 24 * 60 * 60 * 1000
"""How long a stretch of time may be whose changes are exported."""

TRANSFER_TOKEN_MS: Final = 8 * 60 * 60 * 1000
TRANSFER_MS: Final = 90 * 24 * 60 * 60 * 1000
"""For how long an export or an import is listed."""

MAX_EXPIRED_MS: Final = 5 * 365 * 24 * 60 * 60 * 1000
"""Items whose time to live ended longer ago are left alone."""
