"""GetObjectAttributes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
"""

from penstock.server import Call, Params, operation
from penstock.services.s3 import limits
from penstock.services.s3.errors import invalid_argument
from penstock.services.s3.objects.authorize import authorize_object
from penstock.services.s3.objects.checksums import COMPOSITE, Checksum
from penstock.services.s3.objects.get import Found, find_object
from penstock.services.s3.objects.object import Meta, Part
from penstock.services.s3.state import S3State

_NAMES = frozenset(("ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"))


@operation("GetObjectAttributes", action=None)
async def get_object_attributes(s3: S3State, call: Call, params: Params) -> Params:
    """Returns those attributes of an object version that were asked for."""
    wanted = set(params["ObjectAttributes"])
    if not wanted or not wanted <= _NAMES:
        raise invalid_argument(
            "Invalid attribute name specified.",
            "x-amz-object-attributes",
            ",".join(params["ObjectAttributes"]),
        )
    await authorize_object(s3, call, params, "Get")
    await authorize_object(s3, call, params, "Get", "Attributes")
    found = await find_object(s3, call, params, "GET")
    attributes = _attributes(found, found.object.meta, params)
    shown = {name: value for name, value in attributes.items() if name in wanted and value is not None}
    return {"LastModified": found.object.modified, **found.version_member(), **shown}


def _attributes(found: Found, meta: Meta, params: Params) -> Params:
    return {
        "ETag": found.object.etag,  # without quotes, other than everywhere else
        "Checksum": _checksum(meta.checksum) if meta.checksum else None,
        "ObjectParts": _parts(meta, params) if meta.parts else None,
        "StorageClass": meta.storage_class,
        "ObjectSize": found.object.size,
    }


def _checksum(checksum: Checksum) -> Params:
    """Returns ``Checksum``: here, and only here, a composite value goes without the number of its parts."""
    return checksum._replace(value=checksum.value.partition("-")[0]).members()


def _parts(meta: Meta, params: Params) -> Params:
    """Returns ``ObjectParts``; the parts themselves are listed only when their checksums make up the object's."""
    answer: Params = {"TotalPartsCount": len(meta.parts)}
    if meta.checksum is None or meta.checksum.type != COMPOSITE:
        return answer
    marker = params.get("PartNumberMarker") or 0
    most = min(params.get("MaxParts") or limits.PAGE, limits.PAGE)
    rest = [part for part in meta.parts if part.number > marker]
    answer |= {"PartNumberMarker": marker, "MaxParts": most, "IsTruncated": len(rest) > most}
    answer["Parts"] = [_part(part, meta.checksum) for part in rest[:most]]
    answer["NextPartNumberMarker"] = rest[:most][-1].number if rest else 0
    return answer


def _part(part: Part, checksum: Checksum) -> Params:
    return {
        "PartNumber": part.number,
        "Size": part.size,
        f"Checksum{checksum.algorithm}": part.checksum,
    }
