"""A bucket's CORS configuration: put, get, delete."""

from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import requested_bucket
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.buckets.settings import put_setting, setting
from penstock.services.s3.cors.errors import no_configuration
from penstock.services.s3.cors.rules import MAX_DOCUMENT_BYTES, Rule, checked_rules
from penstock.services.s3.objects.body import check_content
from penstock.services.s3.state import S3State
from penstock.store import ReadTx, Tx

SETTING = "cors"


@operation("PutBucketCors", action="s3:PutBucketCORS", resource=bucket_arn, max_body=MAX_DOCUMENT_BYTES)
async def put_bucket_cors(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the rules have replaced the former ones."""
    check_content(call)
    await s3.store.read(requested_bucket, call, params)
    rules = checked_rules(payload(call, params, "CORSConfiguration").get("CORSRules") or [])
    await s3.store.write(_put, call, params, rules)


@operation("GetBucketCors", action="s3:GetBucketCORS", resource=bucket_arn)
async def get_bucket_cors(s3: S3State, call: Call, params: Params) -> Params:
    """Returns the rules; AwsError ``NoSuchCORSConfiguration`` when there are none."""
    return {"CORSRules": await s3.store.read(_get, call, params)}


@operation("DeleteBucketCors", action="s3:PutBucketCORS", resource=bucket_arn)
async def delete_bucket_cors(s3: S3State, call: Call, params: Params) -> None:
    """Returns when there are no rules, whether there were some or not."""
    await s3.store.write(_put, call, params, None)


def _put(tx: Tx, call: Call, params: Params, rules: list[Rule] | None) -> None:
    put_setting(tx, requested_bucket(tx, call, params), SETTING, rules)


def _get(tx: ReadTx, call: Call, params: Params) -> list[Rule]:
    bucket = requested_bucket(tx, call, params)
    rules: list[Rule] | None = setting(tx, bucket, SETTING, None)
    if rules is None:
        raise no_configuration(bucket.name)
    return rules
