"""The AWS managed policies that this server knows: data, nothing else.

Source: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from typing import Any, NamedTuple


class AwsPolicy(NamedTuple):
    """One policy as AWS publishes it; ``version`` is the number of its default version."""

    name: str
    path: str
    description: str
    version: int
    statement: dict[str, Any]

    @property
    def arn(self) -> str:
        """Returns ``arn:aws:iam::aws:policy/…``."""
        return f"arn:aws:iam::aws:policy{self.path}{self.name}"


_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
_SQS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]

AWS_POLICIES = {
    policy.arn: policy
    for policy in (
        AwsPolicy(
            "AdministratorAccess",
            "/",
            "Provides full access to AWS services and resources.",
            1,
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
        ),
        AwsPolicy(
            "AmazonS3FullAccess",
            "/",
            "Provides full access to all buckets via the AWS Management Console.",
            2,
            {"Effect": "Allow", "Action": ["s3:*", "s3-object-lambda:*"], "Resource": "*"},
        ),
        AwsPolicy(
            "AmazonS3ReadOnlyAccess",
            "/",
            "Provides read only access to all buckets via the AWS Management Console.",
            3,
            {
                "Effect": "Allow",
                "Action": [
                    "s3:Get*",
                    "s3:List*",
                    "s3:Describe*",
                    "s3-object-lambda:Get*",
                    "s3-object-lambda:List*",
                ],
                "Resource": "*",
            },
        ),
        AwsPolicy(
            "AmazonSQSFullAccess",
            "/",
            "Provides full access to Amazon SQS via the AWS Management Console.",
            1,
            {"Effect": "Allow", "Action": ["sqs:*"], "Resource": "*"},
        ),
        AwsPolicy(
            "CloudWatchLogsFullAccess",
            "/",
            "Provides full access to CloudWatch Logs",
            2,
            {"Effect": "Allow", "Action": ["logs:*", "cloudwatch:GenerateQuery"], "Resource": "*"},
        ),
        AwsPolicy(
            "AWSLambdaBasicExecutionRole",
            "/service-role/",
            "Provides write permissions to CloudWatch Logs.",
            1,
            {"Effect": "Allow", "Action": _LOGS, "Resource": "*"},
        ),
        AwsPolicy(
            "AWSLambdaSQSQueueExecutionRole",
            "/service-role/",
            "Provides receive message, delete message, and read attribute access to SQS queues, "
            "and write permissions to CloudWatch logs.",
            1,
            {"Effect": "Allow", "Action": [*_SQS, *_LOGS], "Resource": "*"},
        ),
    )
}
