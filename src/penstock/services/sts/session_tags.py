"""Tags of sessions: those that a session is opened with, and those that it inherits.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from typing import Any, NamedTuple

from penstock.access import Keys, Principal
from penstock.identities import Pairs
from penstock.server import tag_keys
from penstock.services.sts import errors


class SessionTags(NamedTuple):
    """The tags of a session that is to be opened; ``transitive`` keys are in lower case."""

    tags: Pairs = ()
    transitive: frozenset[str] = frozenset()


def session_tags(principal: Principal, params: dict[str, Any]) -> SessionTags:
    """Returns the tags that ``principal`` asks for and those that go on from its own session.

    AwsError ``InvalidParameterValue`` for tags that cannot be: keys are the same in any case, what is transitive stays.
    """
    asked = tuple((tag["Key"], tag["Value"]) for tag in params.get("Tags") or ())
    keys = [key.lower() for key, _ in asked]
    if len(keys) != len(set(keys)):
        raise errors.duplicate_tag_keys()
    if any(key.startswith("aws:") for key in keys):
        raise errors.reserved_tag_key()
    transitive = {key.lower() for key in params.get("TransitiveTagKeys") or ()}
    inherited = {key.lower() for key, _ in principal.transitive}
    if inherited & {*keys, *transitive}:
        raise errors.inherited_tag_key()
    if transitive - set(keys):
        raise errors.transitive_key_without_tag()
    return SessionTags((*principal.transitive, *asked), frozenset(inherited | transitive))


def asked_tag_keys(params: dict[str, Any]) -> Keys:
    """Returns the condition keys of the tags that a session is to have."""
    keys = tag_keys({tag["Key"]: tag["Value"] for tag in params.get("Tags") or ()})
    if transitive := params.get("TransitiveTagKeys"):
        keys["sts:TransitiveTagKeys"] = list(transitive)
    return keys
