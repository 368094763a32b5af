"""Why a worker was started, as AWS calls it."""

from enum import StrEnum


class Initialization(StrEnum):
    """What ``AWS_LAMBDA_INITIALIZATION_TYPE`` and the records of a start say."""

    ON_DEMAND = "on-demand"
    PROVISIONED = "provisioned-concurrency"
