"""SQS's error answers, under the names of AWS's shapes; the wire adds the legacy query codes.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html and each action's page
"""

from penstock.errors import AwsError


def queue_does_not_exist() -> AwsError:
    """There is no such queue in that account and region."""
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.", status=400)


def queue_name_exists(attribute: str) -> AwsError:
    """The queue is there already, and differs in ``attribute``."""
    return AwsError(
        "QueueNameExists",
        f"A queue already exists with the same name and a different value for attribute {attribute}",
        status=400,
    )


def request_throttled() -> AwsError:
    """The queue has had as many calls in this second as it takes."""
    return AwsError("RequestThrottled", "The request was denied due to request throttling.", status=403)


def invalid_address(url: str) -> AwsError:
    """The queue URL does not end in an account and a name."""
    return AwsError("InvalidAddress", f"The address {url} is not valid for this endpoint.", status=400)


def missing_parameter(name: str) -> AwsError:
    """A required parameter is not in the request."""
    return AwsError("MissingParameter", f"The request must contain the parameter {name}.", status=400)


def invalid_parameter(message: str) -> AwsError:
    """A parameter has a value that it may not have; ``message`` is AWS's whole sentence."""
    return AwsError("InvalidParameterValue", message, status=400)


def invalid_value(value: object, name: str, reason: str) -> AwsError:
    """A parameter has a value that it may not have, for a reason."""
    return invalid_parameter(f"Value {value} for parameter {name} is invalid. Reason: {reason}")


def unknown_attribute(name: str) -> AwsError:
    """Queues have no attribute of that name."""
    return AwsError("InvalidAttributeName", f"Unknown Attribute {name}.", status=400)


def only_of_fifo(name: str) -> AwsError:
    """The attribute is one of FIFO queues, and this queue is none."""
    return AwsError(
        "InvalidAttributeName", f"You can specify the {name} only when FifoQueue is set to true.", status=400
    )


def invalid_attribute_value(name: str, reason: str = "") -> AwsError:
    """A queue attribute has a value that it may not have."""
    message = f"Invalid value for the parameter {name}." + (f" Reason: {reason}" if reason else "")
    return AwsError("InvalidAttributeValue", message, status=400)


def invalid_for_queue_type(value: object, name: str) -> AwsError:
    """The parameter is one of the other kind of queues."""
    return invalid_value(value, name, "The request include parameter that is not valid for this queue type.")


def no_deduplication_id() -> AwsError:
    """Nothing says how a FIFO queue is to know the message when it comes again."""
    return invalid_parameter(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    )


def receipt_handle_has_expired(handle: str) -> AwsError:
    """The message of a FIFO queue has come back since its receive."""
    return invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")


def message_too_long(max_bytes: int) -> AwsError:
    """Body and attributes together are longer than the queue takes."""
    return invalid_parameter(
        f"One or more parameters are invalid. Reason: Message must be shorter than {max_bytes} bytes."
    )


def invalid_message_contents() -> AwsError:
    """The body holds characters outside the set that SQS takes."""
    return AwsError(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are "
        "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        status=400,
    )


def receipt_handle_is_invalid(handle: str) -> AwsError:
    """The text is no receipt handle of this queue."""
    return AwsError(
        "ReceiptHandleIsInvalid",
        f'The input receipt handle "{handle}" is not a valid receipt handle.',
        status=400,
    )


def message_not_available(handle: str) -> AwsError:
    """The message of the handle has been deleted, or is in another queue now."""
    return invalid_value(
        handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change."
    )


def over_limit(name: str, max_in_flight: int) -> AwsError:
    """Too many messages of the queue are in flight."""
    return AwsError(
        "OverLimit",
        f"The maximum number of in flight messages ({max_in_flight}) is reached for the queue {name}.",
        status=403,
    )


def purge_in_progress(name: str) -> AwsError:
    """The queue was purged less than a minute ago."""
    return AwsError(
        "PurgeQueueInProgress",
        f"Only one PurgeQueue operation on {name} is allowed every 60 seconds.",
        status=403,
    )


def empty_batch(entry_type: str) -> AwsError:
    """The batch has no entries."""
    return AwsError(
        "EmptyBatchRequest", f"There should be at least one {entry_type} in the request.", status=400
    )


def too_many_entries(count: int, max_entries: int) -> AwsError:
    """The batch has too many entries."""
    return AwsError(
        "TooManyEntriesInBatchRequest",
        f"Maximum number of entries per request are {max_entries}. You have sent {count}.",
        status=400,
    )


def repeated_entry_id(id: str) -> AwsError:
    """Two entries of the batch have the same id."""
    return AwsError("BatchEntryIdsNotDistinct", f"Id {id} repeated.", status=400)


def invalid_entry_id() -> AwsError:
    """An entry's id has characters or a length that it may not have."""
    return AwsError(
        "InvalidBatchEntryId",
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
        "It can be at most 80 letters long.",
        status=400,
    )


def batch_too_long(size: int, max_bytes: int) -> AwsError:
    """The messages of the batch are too long together."""
    return AwsError(
        "BatchRequestTooLong",
        f"Batch requests cannot be longer than {max_bytes} bytes. You have sent {size} bytes.",
        status=400,
    )


def unsupported(message: str) -> AwsError:
    """The operation does not go together with this queue."""
    return AwsError("UnsupportedOperation", message, status=400)


def resource_not_found(message: str) -> AwsError:
    """A queue or task named by ARN or handle is not there."""
    return AwsError("ResourceNotFoundException", message, status=404)


def over_limit_of_actions(count: int, max_actions: int) -> AwsError:
    """AddPermission names too many actions."""
    return AwsError("OverLimit", f"{count} Actions were found, maximum allowed is {max_actions}.", status=403)


_OF_KMS = {
    "DisabledException": "KmsDisabled",
    "InvalidKeyUsageException": "KmsInvalidKeyUsage",
    "KMSInvalidStateException": "KmsInvalidState",
    "NotFoundException": "KmsNotFound",
}


def key_refused(refusal: AwsError) -> AwsError:
    """KMS did not let the queue's key be used."""
    return AwsError(_OF_KMS.get(refusal.code, "KmsAccessDenied"), refusal.message, status=400)
