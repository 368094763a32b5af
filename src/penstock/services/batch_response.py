"""What a function's answer says about each message that it was given.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html,
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

import orjson


def failed_messages(response: bytes, every: set[str]) -> set[str]:
    """Returns those ids of ``every`` that the function could not process, by its ``batchItemFailures``.

    A response that AWS takes for malformed, or that names a message outside of the batch, fails all of them.
    """
    try:
        answer = orjson.loads(response or b"null")
    except orjson.JSONDecodeError:
        return every
    if answer is None or answer == {}:
        return set()
    if not isinstance(answer, dict) or "batchItemFailures" not in answer:
        return every
    items = answer["batchItemFailures"]
    if items is None:
        return set()
    if not isinstance(items, list):
        return every
    named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
    failed = {name for name in named if isinstance(name, str)}
    return failed if failed <= every and all(isinstance(name, str) for name in named) else every
