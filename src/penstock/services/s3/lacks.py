"""What S3 has and this server has not, and the operations that would need it."""

from collections.abc import Mapping
from typing import Final

from penstock.services.service import lacking

LACKS: Final[Mapping[str, str]] = lacking(
    {
        "lifecycle rules": ("PutBucketLifecycle", "PutBucketLifecycleConfiguration", "GetBucketLifecycle"),
        "replication": ("PutBucketReplication",),
        "websites": ("PutBucketWebsite",),
        "server access logs": ("PutBucketLogging",),
        "transfer acceleration": ("PutBucketAccelerateConfiguration",),
        "requester pays": ("PutBucketRequestPayment",),
        "inventories": ("PutBucketInventoryConfiguration",),
        "storage class analysis": ("PutBucketAnalyticsConfiguration",),
        "intelligent tiering": ("PutBucketIntelligentTieringConfiguration",),
        "object lock": ("PutObjectLockConfiguration", "PutObjectRetention", "PutObjectLegalHold"),
        "archived objects": ("RestoreObject",),
        "queries within objects": ("SelectObjectContent",),
        "torrents": ("GetObjectTorrent",),
        "directory buckets": ("CreateSession", "ListDirectoryBuckets", "RenameObject"),
        "Object Lambda": ("WriteGetObjectResponse",),
        "notification settings of before 2014": ("GetBucketNotification", "PutBucketNotification"),
        "encryption that could be changed": ("UpdateObjectEncryption",),
        "annotations": (
            "DeleteObjectAnnotation",
            "GetObjectAnnotation",
            "ListObjectAnnotations",
            "PutObjectAnnotation",
        ),
        "metadata tables": (
            "CreateBucketMetadataConfiguration",
            "CreateBucketMetadataTableConfiguration",
            "DeleteBucketMetadataConfiguration",
            "DeleteBucketMetadataTableConfiguration",
            "GetBucketMetadataConfiguration",
            "GetBucketMetadataTableConfiguration",
            "UpdateBucketMetadataAnnotationTableConfiguration",
            "UpdateBucketMetadataInventoryTableConfiguration",
            "UpdateBucketMetadataJournalTableConfiguration",
        ),
    }
)
