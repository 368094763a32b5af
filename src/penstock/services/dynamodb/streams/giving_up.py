"""What becomes of a batch that is not tried any more: its failure destination hears of it.

Source: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""

import logging

from penstock.arn import Arn
from penstock.errors import AwsError
from penstock.services.reader_role import ReaderRole
from penstock.services.source import Fed

log = logging.getLogger(__name__)


async def send_failure(role: ReaderRole, function: Fed, destination: str | None, message: str) -> None:
    """Sends to the queue or topic, as the function's role; when it cannot be sent, the log has it."""
    try:
        if destination is not None:
            await _send(role, function, Arn.parse(destination), message)
            return
        problem = "there is no failure destination"
    except AwsError as error:
        problem = str(error)
    log.warning("function %s: records of a stream are given up (%s): %s", function.name, problem, message)


async def _send(role: ReaderRole, function: Fed, to: Arn, message: str) -> None:
    if to.service == "sns":
        await role.call(function, "sns", "Publish", {"TopicArn": str(to), "Message": message})
        return
    url = f"https://sqs/{to.account}/{to.resource}"  # SQS reads the account and the name
    await role.call(function, "sqs", "SendMessage", {"QueueUrl": url, "MessageBody": message})
