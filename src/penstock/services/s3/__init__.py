"""S3: buckets, objects, and the notifications that say what happened to them.

It promises: a write that was answered is durable together with its events; a listing page costs what it
shows, not what the bucket holds. May import: delivery, server, access, store, wire, matching, the ground.
"""

from penstock.services.s3.service import S3

__all__ = ["S3"]
