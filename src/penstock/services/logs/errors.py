"""CloudWatch Logs' error answers.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html and each action's page
"""

from penstock.errors import AwsError, PenstockError


class TooMuch(PenstockError):
    """The query holds more rows than the server has room for."""


def invalid_parameter(message: str) -> AwsError:
    """A parameter has a value that it may not have, or does not go with another."""
    return AwsError("InvalidParameterException", message, status=400)


def exclusive(message: str) -> AwsError:
    """Parameters that name the same thing in two ways were both given."""
    return AwsError("ValidationException", message, status=400)


def group_not_found() -> AwsError:
    """There is no such log group in that account and region."""
    return AwsError("ResourceNotFoundException", "The specified log group does not exist.", status=400)


def stream_not_found() -> AwsError:
    """The log group has no such stream."""
    return AwsError("ResourceNotFoundException", "The specified log stream does not exist.", status=400)


def resource_not_found() -> AwsError:
    """The ARN is not that of a log group."""
    return AwsError("ResourceNotFoundException", "The specified resource does not exist.", status=400)


def group_exists() -> AwsError:
    """The log group is there already."""
    return AwsError("ResourceAlreadyExistsException", "The specified log group already exists", status=400)


def stream_exists() -> AwsError:
    """The log stream is there already."""
    return AwsError("ResourceAlreadyExistsException", "The specified log stream already exists", status=400)


def deletion_protected() -> AwsError:
    """The log group may not be deleted before its protection is taken away."""
    return AwsError("ValidationException", "The log group has deletion protection enabled.", status=400)


def too_many_tags() -> AwsError:
    """The log group would have more tags than are allowed."""
    return AwsError("TooManyTagsException", "A resource can have no more than 50 tags.", status=400)


def no_resource_policy(name: str) -> AwsError:
    """The account has no such resource policy."""
    message = f"Policy with name [{name}] does not exist"
    return AwsError("ResourceNotFoundException", message, status=400)


def no_filter(kind: str) -> AwsError:
    """The log group has no ``kind`` (metric, subscription) filter of that name."""
    return AwsError("ResourceNotFoundException", f"The specified {kind} filter does not exist.", status=400)


def too_many_filters() -> AwsError:
    """The log group would have more filters, or regular expressions in filters, than are allowed."""
    return AwsError("LimitExceededException", "Resource limit exceeded.", status=400)


def wrong_class(what: str, log_class: str) -> AwsError:
    """Log groups of that class have no such thing."""
    message = f"{what} are not supported for log groups of the class {log_class}."
    return AwsError("InvalidOperationException", message, status=400)


def malformed_query(reason: str, start: int, end: int) -> AwsError:
    """The text is no query: from character ``start`` to ``end``."""
    location = {"startCharOffset": start, "endCharOffset": end}
    compile_error = {"location": location, "message": reason}
    return AwsError("MalformedQueryException", reason, status=400, queryCompileError=compile_error)


def no_query() -> AwsError:
    """The account has no such query, or not any more."""
    return AwsError("ResourceNotFoundException", "Query with the given ID does not exist.", status=400)


def no_query_definition() -> AwsError:
    """The account has not saved such a query."""
    return AwsError("ResourceNotFoundException", "The query definition does not exist.", status=400)


def too_many_queries_saved() -> AwsError:
    """The account would have more saved queries than are allowed."""
    return AwsError("LimitExceededException", "Resource limit exceeded.", status=400)


def wrong_revision() -> AwsError:
    """The policy has been changed since the caller has read it."""
    message = "The expected revision ID does not match the current revision ID of the resource policy."
    return AwsError("OperationAbortedException", message, status=400)


def query_is_over() -> AwsError:
    """The query cannot be stopped."""
    return invalid_parameter("The specified query is not running.")


def record_not_found() -> AwsError:
    """The pointer points to no event, or none that is kept any more."""
    return AwsError("ResourceNotFoundException", "The log record does not exist.", status=400)


def too_many_queries() -> AwsError:
    """So many queries of the account run that no more may."""
    return AwsError("LimitExceededException", "Account maximum query concurrency limit reached.", status=400)


def too_many_sessions() -> AwsError:
    """So many Live Tail sessions of the account are open that no more may be."""
    return AwsError("LimitExceededException", "Account maximum Live Tail sessions reached.", status=400)


def not_associable(arn: str, refusal: AwsError) -> AwsError:
    """The key is not there or disabled, or does not let CloudWatch Logs use it."""
    error = key_refused(arn, refusal)
    return error if refusal.code == "AccessDeniedException" else invalid_parameter(error.message)


def key_refused(arn: str, refusal: AwsError) -> AwsError:
    """KMS does not let CloudWatch Logs use the group's key."""
    message = (
        f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{arn}': "
        f"{refusal.code}: {refusal.message}"
    )
    return AwsError("AccessDeniedException", message, status=400)


def too_many_policies() -> AwsError:
    """The account would have more resource policies than are allowed."""
    return AwsError("LimitExceededException", "Resource limit exceeded.", status=400)
