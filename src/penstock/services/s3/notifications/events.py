"""The event names that a notification configuration may use.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
"""

_FAMILIES = {
    "ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
    "ObjectRestore": ("Post", "Completed", "Delete"),
    "Replication": (
        "OperationFailedReplication",
        "OperationNotTracked",
        "OperationMissedThreshold",
        "OperationReplicatedAfterThreshold",
    ),
    "LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
    "ObjectTagging": ("Put", "Delete"),
    "ObjectAnnotation": ("Put", "Delete"),
}
_SINGLE = (
    "ReducedRedundancyLostObject",
    "LifecycleTransition",
    "IntelligentTiering",
    "ObjectAcl:Put",
    "ObjectRetention:Put",
)


def _expansions() -> dict[str, frozenset[str]]:
    found = {f"s3:{name}": frozenset([name]) for name in _SINGLE}
    for family, kinds in _FAMILIES.items():
        names = [f"{family}:{kind}" for kind in kinds]
        found |= {f"s3:{name}": frozenset([name]) for name in names}
        found[f"s3:{family}:*"] = frozenset(names)
    return found


EVENTS = _expansions()
"""Every configurable name (``s3:ObjectCreated:*``), and the events it stands for (``ObjectCreated:Put``)."""
