"""DeleteObject and DeleteObjects.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
"""

import asyncio
from dataclasses import dataclass

from penstock.access import Keys
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.s3 import limits
from penstock.services.s3.buckets.bucket import Versioning, requested_bucket
from penstock.services.s3.errors import (
    invalid_argument,
    invalid_request,
    invalid_version_id,
    malformed_xml,
    no_such_key,
    no_such_version,
    not_implemented,
    precondition_failed,
)
from penstock.services.s3.files import Files
from penstock.services.s3.objects.authorize import authorize_object
from penstock.services.s3.objects.body import check_content
from penstock.services.s3.objects.cause import Cause
from penstock.services.s3.objects.conditions import matches
from penstock.services.s3.objects.metadata import check_key
from penstock.services.s3.objects.object import (
    NULL,
    Object,
    current_object,
    find_version,
    has_given,
    version_ord,
)
from penstock.services.s3.objects.writing import Versions
from penstock.services.s3.state import S3State
from penstock.store import Tx

_AT_ONCE = 50  # keys authorised in one go; bounds how long the event loop is held
_STEP = (
    100  # deletions in one transaction, each with its event and messages; bounds how long the loop is held
)
_INTEGRITY = ("content-md5", "x-amz-checksum-", "x-amz-trailer")


@dataclass(frozen=True, slots=True)
class Deletion:
    """What to delete: a version, or with ``version`` None the object as a GET sees it."""

    key: str
    version: str | None
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """What a deletion did. ``marker`` tells that a delete marker was made, or was the version that went.

    ``missed``: there was no object, in a bucket that never had versioning.
    """

    version: str | None = None
    marker: bool = False
    missed: bool = False


@operation("DeleteObject", action=None)
async def delete_object(s3: S3State, call: Call, params: Params) -> Params:
    """Deletes a version, or hides the object behind a delete marker."""
    check_key(params["Key"])
    for member, header in (
        ("IfMatchLastModifiedTime", "x-amz-if-match-last-modified-time"),
        ("IfMatchSize", "x-amz-if-match-size"),
        ("MFA", "x-amz-mfa"),
    ):
        if member in params:
            raise not_implemented(header)
    _refuse_bypass(params)
    await authorize_object(s3, call, params, "Delete", asked=_conditions(params.get("IfMatch")))
    if params.get("IfMatch", "*") != "*":
        await authorize_object(s3, call, params, "Get")  # the answer tells what the ETag is not
    deletion = Deletion(params["Key"], params.get("VersionId"), params.get("IfMatch"))
    deleted = await s3.store.write(_delete_one, s3.files, call, params, deletion)
    answer: Params = {}
    if deleted.version is not None:
        answer["VersionId"] = deleted.version
    if deleted.marker:
        answer["DeleteMarker"] = True
    return answer


def _refuse_bypass(params: Params) -> None:
    if "BypassGovernanceRetention" in params:
        header = "x-amz-bypass-governance-retention"
        raise invalid_argument(f"{header} is only applicable to Object Lock enabled buckets.", header, None)


def _delete_one(tx: Tx, files: Files, call: Call, params: Params, deletion: Deletion) -> Deleted:
    return delete(_versions(tx, files, call, params), deletion)


def delete(versions: Versions, deletion: Deletion) -> Deleted:
    """Does one deletion. Deleting what is not there succeeds and changes nothing."""
    if deletion.version is not None:
        return _delete_version(versions, deletion, deletion.version)
    current = current_object(versions.tx, versions.bucket.id, deletion.key)
    _check(deletion, current)
    if versions.bucket.versioning is not Versioning.NEVER:
        return Deleted(versions.hide(deletion.key, current), marker=True)
    if current is None:
        return Deleted(missed=True)
    versions.remove(current)
    return Deleted()


def _delete_version(versions: Versions, deletion: Deletion, version: str) -> Deleted:
    tx, bucket = versions.tx, versions.bucket
    if deletion.if_match is not None:
        _check(deletion, current_object(tx, bucket.id, deletion.key))
    found = find_version(tx, bucket.id, deletion.key, version)
    if found is None and not has_given(bucket, version):
        raise invalid_version_id(version)
    if found is None:
        return Deleted(version)
    versions.remove(found)
    return Deleted(version, bool(found.delete_marker))


def _check(deletion: Deletion, current: Object | None) -> None:
    """Returns when the current version, whichever is to go, is the one expected."""
    if deletion.if_match is None:
        return
    if current is None:
        raise no_such_key(deletion.key)
    if current.delete_marker or not matches(deletion.if_match, current.etag):
        raise precondition_failed("If-Match")


@operation("DeleteObjects", action=None, max_body=limits.DOCUMENT_BYTES)
async def delete_objects(s3: S3State, call: Call, params: Params) -> Params:
    """Deletes up to a thousand objects or versions, in steps; each answers for itself."""
    _refuse_bypass(params)
    document = params["Delete"]
    items = document.get("Objects") or []
    if not 1 <= len(items) <= limits.PAGE:
        raise malformed_xml()
    if not any(name.startswith(_INTEGRITY) for name in call.headers):
        raise invalid_request("Missing required header for this request: Content-MD5")
    check_content(call)
    allowed, errors = await _allowed(s3, call, params["Bucket"], items)
    results: list[Deleted | AwsError] = []
    for start in range(0, max(len(allowed), 1), _STEP):
        step = allowed[start : start + _STEP]
        results += await s3.store.write(_delete_many, s3.files, call, params, step)
    done = []
    for deletion, result in zip(allowed, results, strict=True):
        if isinstance(result, AwsError):
            errors.append(_error(deletion.key, deletion.version, result))
        else:
            done.append(_deleted(deletion, result))
    answer: Params = {"Errors": errors} if errors else {}
    if not document.get("Quiet"):
        answer["Deleted"] = done
    return answer


async def _allowed(
    s3: S3State, call: Call, bucket: str, items: list[Params]
) -> tuple[list[Deletion], list[Params]]:
    """Returns what may be deleted, and the errors of the rest."""
    allowed: list[Deletion] = []
    errors: list[Params] = []
    for number, item in enumerate(items):
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)  # others have their turn
        version = item.get("VersionId") or None
        etag = item.get("ETag")
        try:
            check_key(item["Key"])
            if version not in (None, NULL):
                version_ord(version)
            target = {"Bucket": bucket, "Key": item["Key"], **({"VersionId": version} if version else {})}
            await authorize_object(s3, call, target, "Delete", asked=_conditions(etag))
        except AwsError as error:
            errors.append(_error(item["Key"], version, _of_many(item["Key"], version, error)))
        else:
            allowed.append(Deletion(item["Key"], version, etag))
    return allowed, errors


def _conditions(if_match: str | None) -> Keys:
    """Returns the condition keys of a delete.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html
    """
    return {} if if_match is None else {"s3:if-match": if_match}


def _of_many(key: str, version: str | None, error: AwsError) -> AwsError:
    """Returns what DeleteObjects says where DeleteObject calls the version id an invalid argument."""
    return no_such_version(key, version) if version and error.code == "InvalidArgument" else error


def _delete_many(
    tx: Tx, files: Files, call: Call, params: Params, deletions: list[Deletion]
) -> list[Deleted | AwsError]:
    versions = _versions(tx, files, call, params)
    results: list[Deleted | AwsError] = []
    for deletion in deletions:
        try:
            results.append(_delete_of_many(versions, deletion))
        except AwsError as error:  # a condition that does not hold, found before anything was changed
            results.append(_of_many(deletion.key, deletion.version, error))
    return results


def _delete_of_many(versions: Versions, deletion: Deletion) -> Deleted:
    """Does one deletion. Other than DeleteObject, DeleteObjects makes an event also of a key that is not there."""
    deleted = delete(versions, deletion)
    if deleted.missed:
        versions.miss(deletion.key)
    return deleted


def _versions(tx: Tx, files: Files, call: Call, params: Params) -> Versions:
    return Versions(tx, files, requested_bucket(tx, call, params), Cause.of(call, "ObjectRemoved"))


def _deleted(deletion: Deletion, result: Deleted) -> Params:
    answer: Params = {"Key": deletion.key}
    if deletion.version is not None:
        answer["VersionId"] = deletion.version
    if result.marker:
        answer["DeleteMarker"] = True
        answer["DeleteMarkerVersionId"] = result.version
    return answer


def _error(key: str, version: str | None, error: AwsError) -> Params:
    answer: Params = {"Key": key, "Code": error.code, "Message": error.message}
    if version is not None:
        answer["VersionId"] = version
    return answer
