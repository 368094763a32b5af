"""How much of the trail is looked at, kept and waited for at a time."""

MAX_DAYS = 36_500
"""Of retention."""

APPENDED = 100
"""Records in one transaction."""

RESOURCES = 1000
"""That the records in one transaction are about, but for those of the last: one batch of deletions has so many."""

MAX_WAITING = 10_000
"""Records of reads and refusals that wait for the store; when it takes nothing for so long, further ones are lost."""

CHECKPOINT_EVERY = 1000
"""Records between sealed marks that stay."""

STEP = 100
"""Rows that are looked at in one transaction."""

MAX_TERM_BYTES = 512
"""Of what is looked up; what is longer is kept as its hash. PostgreSQL's indexes take no more than 2700."""
