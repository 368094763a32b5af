"""What the audit trail must know of S3.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
"""

from penstock.server import Trail

_OBJECTS = """
    AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload DeleteObject DeleteObjectTagging
    DeleteObjects GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging
    GetObjectTorrent HeadBucket HeadObject ListMultipartUploads ListObjectVersions ListObjects ListObjectsV2 ListParts
    PostObject PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention PutObjectTagging RenameObject RestoreObject
    SelectObjectContent UpdateObjectEncryption UploadPart UploadPartCopy
"""

TRAIL = Trail(
    data=frozenset(_OBJECTS.split()),
    hidden=frozenset({"Body"}),
    holder="AWS::S3::Bucket",
    held="AWS::S3::Object",
    renamed={"Bucket": "bucketName"},
)
