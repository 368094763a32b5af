"""Metrics configurations: whose requests CloudWatch is told of, each under an id of its own.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html and its siblings
"""

import re
from typing import Any

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import requested_bucket
from penstock.services.s3.buckets.limits import MAX_METRICS_CONFIGURATIONS
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.buckets.settings import put_setting, setting
from penstock.services.s3.continuation import decode_token, encode_token
from penstock.services.s3.errors import invalid_argument, malformed_xml
from penstock.services.s3.metrics.filter import SETTING, read_filter
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx

_ID = re.compile(r"[A-Za-z0-9.\-_]{1,64}")
_PAGE = 100


@operation("PutBucketMetricsConfiguration", action="s3:PutMetricsConfiguration", resource=bucket_arn)
async def put_bucket_metrics_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the bucket's requests are counted under the id; AwsError ``TooManyConfigurations``."""
    configuration = payload(call, params, "MetricsConfiguration")
    id = configuration.get("Id")
    if not id:
        raise malformed_xml()
    if not _ID.fullmatch(id):
        raise invalid_argument("Invalid Id", "Id", id)
    if id != params["Id"]:
        raise invalid_argument(
            "The Id in the query does not match that of the configuration", "id", params["Id"]
        )
    read_filter(configuration)
    await s3.store.write(_put, s3, call, params, configuration)


@operation("GetBucketMetricsConfiguration", action="s3:GetMetricsConfiguration", resource=bucket_arn)
async def get_bucket_metrics_configuration(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the configuration; AwsError ``NoSuchConfiguration``."""
    found = await s3.store.read(_all, call, params)
    if params["Id"] not in found:
        raise _missing()
    return {"MetricsConfiguration": found[params["Id"]]}


@operation("ListBucketMetricsConfigurations", action="s3:GetMetricsConfiguration", resource=bucket_arn)
async def list_bucket_metrics_configurations(s3: S3State, call: Call, params: Params) -> Params:
    """Returns a page of a hundred, by their ids."""
    token = params.get("ContinuationToken")
    after = decode_token(token) if token is not None else ""
    found = await s3.store.read(_all, call, params)
    ids = sorted(id for id in found if id > after)
    page, is_truncated = ids[:_PAGE], len(ids) > _PAGE
    answer: Params = {"IsTruncated": is_truncated, "MetricsConfigurationList": [found[id] for id in page]}
    if token is not None:
        answer["ContinuationToken"] = token
    if is_truncated:
        answer["NextContinuationToken"] = encode_token(page[-1])
    return answer


@operation("DeleteBucketMetricsConfiguration", action="s3:PutMetricsConfiguration", resource=bucket_arn)
async def delete_bucket_metrics_configuration(s3: S3State, call: Call, params: Params) -> None:
    """Returns when requests are counted under the id no more; AwsError ``NoSuchConfiguration``."""
    await s3.store.write(_delete, call, params)


def _put(tx: Tx, s3: S3State, call: Call, params: Params, configuration: dict[str, Any]) -> None:
    found = _all(tx, call, params)
    if params["Id"] not in found and len(found) >= MAX_METRICS_CONFIGURATIONS:
        message = (
            "You are attempting to create a new configuration but have already reached the "
            f"{MAX_METRICS_CONFIGURATIONS:,}-configuration limit."
        )
        raise AwsError("TooManyConfigurations", message, status=400)
    _store(tx, call, params, {**found, params["Id"]: configuration})
    tx.after_commit(s3.watch_requests)


def _delete(tx: Tx, call: Call, params: Params) -> None:
    found = _all(tx, call, params)
    if params["Id"] not in found:
        raise _missing()
    _store(tx, call, params, {id: one for id, one in found.items() if id != params["Id"]})


def _all(tx: ReadTx, call: Call, params: Params) -> dict[str, Any]:
    found: dict[str, Any] = setting(tx, requested_bucket(tx, call, params), SETTING, {})
    return found


def _store(tx: Tx, call: Call, params: Params, found: dict[str, Any]) -> None:
    bucket = requested_bucket(tx, call, params)
    put_setting(tx, bucket, SETTING, found)
    tx.forget("s3.request_filters", bucket.id)


def _missing() -> AwsError:
    return AwsError("NoSuchConfiguration", "The specified configuration does not exist.", status=404)
