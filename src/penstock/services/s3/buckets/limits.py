"""AWS's limits and fixed lists for buckets.

Source: https://docs.aws.amazon.com/general/latest/gr/s3.html
"""

MAX_BUCKETS = 10_000  # in one account, and in one page of ListBuckets
MAX_KEYS = 1000  # in one page of a listing
MAX_POLICY_BYTES = 20 * 1024
MAX_BUCKET_TAGS = 50
MAX_TAG_KEY = 128  # characters
MAX_TAG_VALUE = 256
MAX_NOTIFICATIONS = 100  # configurations in one bucket
MAX_METRICS_CONFIGURATIONS = 1000
MAX_FILTER_VALUE = 1024  # bytes

REGIONS = frozenset(
    (
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "cn-north-1",
        "cn-northwest-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    )
)
"""What a LocationConstraint may name; us-east-1 is named by leaving it out."""
