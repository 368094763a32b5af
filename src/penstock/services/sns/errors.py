"""SNS's error answers, by the codes that its query protocol has.

Source: https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html and each action's page; texts as AWS gives them.
"""

from penstock.errors import AwsError


def invalid_parameter(what: str) -> AwsError:
    """A parameter has a value that it may not have; ``what`` names it, and mostly says why."""
    return AwsError("InvalidParameter", f"Invalid parameter: {what}", status=400)


def invalid_attribute(reason: str) -> AwsError:
    """An attribute given with CreateTopic or Subscribe cannot be so."""
    return invalid_parameter(f"Attributes Reason: {reason}")


def invalid_message_attribute(text: str) -> AwsError:
    """A message attribute cannot be so."""
    return AwsError("ParameterValueInvalid", text, status=400)


def no_such_topic() -> AwsError:
    """There is no such topic."""
    return AwsError("NotFound", "Topic does not exist", status=404)


def no_such_subscription() -> AwsError:
    """There is no such subscription."""
    return AwsError("NotFound", "Subscription does not exist", status=404)


def no_such_resource() -> AwsError:
    """There is no topic to be tagged."""
    return AwsError("ResourceNotFound", "Resource does not exist", status=404)


def not_authorized(action: str) -> AwsError:
    """The caller owns neither the subscription nor its topic."""
    return AwsError("AuthorizationError", f"Not authorized to perform: {action}", status=403)


def invalid_token() -> AwsError:
    """No subscription waits for this token."""
    return invalid_parameter("Token")


def too_many_topics() -> AwsError:
    """The account has as many topics as it may have."""
    return AwsError(
        "TopicLimitExceeded", "The limit of topics has been reached for this account.", status=403
    )


def too_many_subscriptions(most: int) -> AwsError:
    """The topic has as many subscriptions as it may have."""
    return AwsError(
        "SubscriptionLimitExceeded", f"The topic has the {most} subscriptions that it may have.", status=403
    )


def too_many_tags() -> AwsError:
    """A topic has at most 50 tags."""
    return AwsError(
        "TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded", status=400
    )


def has_archive() -> AwsError:
    """A topic goes only when its archive has gone."""
    text = "Topic has an ArchivePolicy; set it to {} before the topic is deleted"
    return AwsError("InvalidState", text, status=400)


def empty_batch() -> AwsError:
    """The batch has no entries."""
    return AwsError("EmptyBatchRequest", "The batch request doesn't contain any entries.", status=400)


def too_many_entries() -> AwsError:
    """The batch has more than ten entries."""
    text = "The batch request contains more entries than permissible."
    return AwsError("TooManyEntriesInBatchRequest", text, status=400)


def invalid_entry_id() -> AwsError:
    """An entry's id has other characters than it may have, or too many."""
    text = "The Id of a batch entry in a batch request doesn't abide by the specification."
    return AwsError("InvalidBatchEntryId", text, status=400)


def repeated_entry_id() -> AwsError:
    """Two entries have the same id."""
    text = "Two or more batch entries in the request have the same Id."
    return AwsError("BatchEntryIdsNotDistinct", text, status=400)


def batch_too_long() -> AwsError:
    """All messages of a batch together are longer than the topic takes."""
    return AwsError(
        "BatchRequestTooLong",
        "The length of all the messages put together is more than the limit.",
        status=400,
    )


def not_implemented(what: str) -> AwsError:
    """AWS has it, this server has not."""
    return AwsError("NotImplemented", f"{what} is not implemented by this server.", status=501)


_OF_KMS = {
    "DisabledException": "KMSDisabled",
    "KMSInvalidStateException": "KMSInvalidState",
    "NotFoundException": "KMSNotFound",
}


def key_refused(refusal: AwsError) -> AwsError:
    """KMS did not let the topic's key be used."""
    return AwsError(_OF_KMS.get(refusal.code, "KMSAccessDenied"), refusal.message, status=400)


def throttled() -> AwsError:
    """The topic has had as many messages in this second as it takes."""
    return AwsError("Throttled", "Rate exceeded", status=429)
