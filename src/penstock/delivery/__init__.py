"""From a change to whoever must know.

It promises: an emitted change, its event row, the rules it matched and every delivery into this store are one
transaction; what takes time is leased and tried by the ladder that its row keeps, and ends delivered or dead-lettered
with a reason that the ledger keeps. It knows no sender and no record's shape: both come from the services.
May import: identities, access, store, wire, matching, the ground.
"""

from penstock.delivery.attempts import Given, record_attempt
from penstock.delivery.carrier import Carrier
from penstock.delivery.change import ObjectChange
from penstock.delivery.job import Attempt, Dead, Delivered, Job, Outcome, Retry, State
from penstock.delivery.ladder import Ladder, Phase
from penstock.delivery.message import Message, Origin
from penstock.delivery.outbox import FAN_OUT, Delivery
from penstock.delivery.priority import Priority
from penstock.delivery.rule import Rule, encode_key
from penstock.delivery.source import Occasion, Source
from penstock.delivery.standing import Feed, Passage, Standing
from penstock.delivery.target import (
    ChangeSender,
    DestinationError,
    ForbiddenDestination,
    MissingDestination,
    Question,
    Target,
    Undeliverable,
)
from penstock.delivery.trace_key import TraceKey
from penstock.delivery.turn import NO_PRECEDENCE, Precedence

__all__ = [
    "FAN_OUT",
    "NO_PRECEDENCE",
    "Attempt",
    "Carrier",
    "ChangeSender",
    "Dead",
    "Delivered",
    "Delivery",
    "DestinationError",
    "Feed",
    "ForbiddenDestination",
    "Given",
    "Job",
    "Ladder",
    "Message",
    "MissingDestination",
    "ObjectChange",
    "Occasion",
    "Origin",
    "Outcome",
    "Passage",
    "Phase",
    "Precedence",
    "Priority",
    "Question",
    "Retry",
    "Rule",
    "Source",
    "Standing",
    "State",
    "Target",
    "TraceKey",
    "Undeliverable",
    "encode_key",
    "record_attempt",
]
