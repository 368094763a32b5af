"""Taking a bucket away, with everything that hangs on it."""

from penstock.delivery import Delivery
from penstock.server import Call, Params, operation
from penstock.services.s3.arns import bucket_arn
from penstock.services.s3.buckets import errors
from penstock.services.s3.buckets.bucket import Versioning, requested_bucket
from penstock.services.s3.buckets.public_access import forget_bucket
from penstock.services.s3.buckets.settings import drop_settings
from penstock.services.s3.files import Files
from penstock.services.s3.multipart import completed
from penstock.services.s3.multipart.upload import drop_uploads
from penstock.services.s3.state import S3State
from penstock.store import Tx, queries

Q = queries("penstock.services.s3.buckets")


@operation("DeleteBucket", action="s3:DeleteBucket", resource=bucket_arn)
async def delete_bucket(s3: S3State, call: Call, params: Params) -> None:
    """Returns when the bucket is gone; AwsError ``BucketNotEmpty`` while any version of anything is left."""
    await s3.store.write(_delete, s3.delivery, s3.files, call, params)


def _delete(tx: Tx, delivery: "Delivery", files: Files, call: Call, params: Params) -> None:
    bucket = requested_bucket(tx, call, params)
    if tx.one(Q.find_any_object, bucket.id):
        raise errors.bucket_not_empty(bucket.name, versions=bucket.versioning is not Versioning.NEVER)
    if delivery.rules(tx, bucket.name):
        delivery.put_rules(tx, bucket.name, [])
    drop_settings(tx, bucket)
    drop_uploads(tx, files, bucket.id)
    completed.forget(tx, bucket.id)
    tx.run(Q.delete_bucket, bucket.id)
    forget_bucket(tx, bucket.name)
