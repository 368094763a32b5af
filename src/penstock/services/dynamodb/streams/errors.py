"""The error answers of DynamoDB Streams.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html
"""

from penstock.errors import AwsError


def no_such_stream(arn: str) -> AwsError:
    """There is no such stream any more, or there never was."""
    text = f"Requested resource not found: Stream: {arn} not found"
    return AwsError("ResourceNotFoundException", text)


def no_such_shard(arn: str, shard: str) -> AwsError:
    """The stream has no such shard."""
    text = f"Requested resource not found: Shard: {shard} in stream: {arn} not found"
    return AwsError("ResourceNotFoundException", text)


def trimmed() -> AwsError:
    """What is asked for has been in the stream, but is too old."""
    text = "The operation tried to read past the oldest stream record in a shard."
    return AwsError("TrimmedDataAccessException", text)


def expired_iterator() -> AwsError:
    """The iterator is more than fifteen minutes old."""
    return AwsError("ExpiredIteratorException", "Iterator expired. The iterator is valid for 15 minutes.")
