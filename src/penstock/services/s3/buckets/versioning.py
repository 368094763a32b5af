"""Whether a bucket keeps the versions of its objects."""

from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets.bucket import Versioning, requested_bucket
from penstock.services.s3.buckets.errors import not_implemented
from penstock.services.s3.buckets.payload import payload
from penstock.services.s3.errors import malformed_xml
from penstock.services.s3.state import S3State
from penstock.store import Tx, queries

Q = queries(__package__)


@operation("PutBucketVersioning", action="s3:PutBucketVersioning", resource=bucket_arn)
async def put_bucket_versioning(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the state holds; a bucket once versioned can be suspended, never made unversioned."""
    given = payload(call, params, "VersioningConfiguration")
    if given.get("MFADelete") == "Enabled":
        raise not_implemented("MFA delete is not implemented")
    status = given.get("Status")
    if status is None:
        message = "The Versioning element must be specified"
        raise AwsError("IllegalVersioningConfigurationException", message, status=400)
    if status not in (Versioning.ENABLED, Versioning.SUSPENDED):
        raise malformed_xml()
    await s3.store.write(_put, call, params, Versioning(status))


@operation("GetBucketVersioning", action="s3:GetBucketVersioning", resource=bucket_arn)
async def get_bucket_versioning(s3: S3State, call: Call, params: Params) -> Params:
    """Returns ``Status``, or nothing when the bucket never had versioning."""
    bucket = await s3.store.read(requested_bucket, call, params)
    return {} if bucket.versioning is Versioning.NEVER else {"Status": bucket.versioning.value}


def _put(tx: Tx, call: Call, params: Params, status: Versioning) -> None:
    bucket = requested_bucket(tx, call, params)
    tx.run(Q.put_versioning, status.value, bucket.id)
    tx.forget("s3.bucket", bucket.name)
