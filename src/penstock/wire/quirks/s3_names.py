"""What S3 has besides its model in botocore: document names, headers, statuses, texts, what only browsers use.

Source: the response syntax of each operation in the Amazon S3 API reference.
"""

from typing import Any

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"

RESULT_ELEMENTS = {
    "CompleteMultipartUpload": "CompleteMultipartUploadResult",
    "CreateMultipartUpload": "InitiateMultipartUploadResult",
    "CreateSession": "CreateSessionResult",
    "DeleteObjects": "DeleteResult",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketLifecycle": "LifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketNotification": "NotificationConfiguration",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketTagging": "Tagging",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "GetObjectAcl": "AccessControlPolicy",
    "GetObjectAttributes": "GetObjectAttributesResponse",
    "GetObjectTagging": "Tagging",
    "ListBucketAnalyticsConfigurations": "ListBucketAnalyticsConfigurationResult",
    "ListBucketInventoryConfigurations": "ListInventoryConfigurationsResult",
    "ListBucketMetricsConfigurations": "ListMetricsConfigurationsResult",
    "ListBuckets": "ListAllMyBucketsResult",
    "ListDirectoryBuckets": "ListAllMyDirectoryBucketsResult",
    "ListMultipartUploads": "ListMultipartUploadsResult",
    "ListObjectVersions": "ListVersionsResult",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListParts": "ListPartsResult",
}

ARGUMENT_MESSAGES = {
    "max-keys": "Provided max-keys not an integer or within integer range",
    "max-uploads": "Provided max-uploads not an integer or within integer range",
    "max-parts": "Provided max-parts not an integer or within integer range",
    "max-buckets": "Provided max-buckets not an integer or within integer range",
    "part-number-marker": "Provided part-number-marker not an integer or within integer range",
    "partNumber": "Part number must be an integer between 1 and 10000, inclusive",
    "x-amz-object-lock-retain-until-date": "The retain until date must be provided in ISO 8601 format",
}

ANSWER_HEADERS = {
    "HeadBucket": {"ContentType": "content-type"},
    "ListObjects": {"BucketRegion": "x-amz-bucket-region"},
    "ListObjectsV2": {"BucketRegion": "x-amz-bucket-region"},
}

ANSWER_STATUS = {"PutBucketPolicy": 204, "PutBucketTagging": 204}

EMPTY_IS_NONE = frozenset({"max-parts", "part-number-marker"})

OPERATIONS: dict[str, Any] = {
    "PostObject": {
        "name": "PostObject",
        "http": {"method": "POST", "requestUri": "/{Bucket}"},
        "input": {"shape": "PostObjectRequest"},
        "output": {"shape": "PostObjectOutput"},
    }
}
"""Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html"""

_POST_HEADERS = {
    "ContentType": "Content-Type",
    "ETag": "ETag",
    "Location": "Location",
    "ServerSideEncryption": "x-amz-server-side-encryption",
    "VersionId": "x-amz-version-id",
    "ChecksumType": "x-amz-checksum-type",
    **{
        f"Checksum{name}": f"x-amz-checksum-{name.lower()}"
        for name in (
            "CRC32",
            "CRC32C",
            "CRC64NVME",
            "SHA1",
            "SHA256",
            "SHA512",
            "MD5",
            "XXHASH64",
            "XXHASH3",
            "XXHASH128",
        )
    },
}
SHAPES: dict[str, Any] = {
    "PostObjectRequest": {
        "type": "structure",
        "required": ["Bucket"],
        "members": {
            "Bucket": {"shape": "BucketName", "location": "uri", "locationName": "Bucket"},
            "Body": {"shape": "Body", "streaming": True},
        },
        "payload": "Body",
    },
    "PostObjectOutput": {
        "type": "structure",
        "members": {
            "StatusCode": {"shape": "PostObjectStatus", "location": "statusCode"},
            "Body": {"shape": "Body", "streaming": True},
            **{
                member: {"shape": "PostObjectHeader", "location": "header", "locationName": header}
                for member, header in _POST_HEADERS.items()
            },
        },
        "payload": "Body",
    },
    "PostObjectStatus": {"type": "integer"},
    "PostObjectHeader": {"type": "string"},
}
