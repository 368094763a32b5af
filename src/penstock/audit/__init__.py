"""The audit trail: who did what, kept so that nobody can change it unseen.

It promises: a record that was changed, is missing or out of its place is found, and so is a tail that was cut off; for
what retention takes away a sealed mark stands. A change and the note that its record is made of are one commit.
It knows records as documents of CloudTrail's shape, and no service. May import: store, supervisor, sealed, the ground.
"""

from penstock.audit.chain import Record, note
from penstock.audit.journal import Journal
from penstock.audit.limits import MAX_DAYS
from penstock.audit.search import Page, Question, export, search
from penstock.audit.settings import Calls, Management, Selector, Settings, parse_settings, settings_document
from penstock.audit.terms import place, user_name
from penstock.audit.verify import Finding, Point, verified_step

__all__ = [
    "MAX_DAYS",
    "Calls",
    "Finding",
    "Journal",
    "Management",
    "Page",
    "Point",
    "Question",
    "Record",
    "Selector",
    "Settings",
    "export",
    "note",
    "parse_settings",
    "place",
    "search",
    "settings_document",
    "user_name",
    "verified_step",
]
