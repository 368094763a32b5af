"""Tells the topic of each failure in the queue: what the processor said of a file, or what it could not take."""

import json
import os
from urllib.parse import unquote_plus

import boto3

sns = boto3.client("sns")


def lambda_handler(event, context):
    """Returns the messages that could not be told, for the queue to give out again."""
    failed = []
    for message in event["Records"]:
        try:
            alert(message)
        except Exception as error:  # one message must not keep the others from being told
            print(f"could not tell {message['messageId']}: {error}")
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def alert(message):
    """Publishes what became of one file."""
    key, error = failure_in(message)
    print(f"alert: {key}: {error}")
    text = f"The file {key} could not be processed.\n\n{error}\n"
    sns.publish(TopicArn=os.environ["TOPIC_ARN"], Subject="File processing failed", Message=text)


def failure_in(message):
    """Returns the file and the error that a message of the queue is about."""
    body = json.loads(message["body"])
    if "Records" not in body:
        return body["key"], body["error"]
    # A dead letter of Lambda's: the event as it was, and what was wrong in the attributes.
    attributes = message["messageAttributes"]
    key = unquote_plus(body["Records"][0]["s3"]["object"]["key"])
    return key, attributes["ErrorMessage"]["stringValue"]
