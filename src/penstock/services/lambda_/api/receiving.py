"""A zip that a request brings, or says where it lies in S3."""

import asyncio

from penstock.errors import AwsError
from penstock.server import Call, Params
from penstock.services.lambda_ import limits
from penstock.services.lambda_.api.settings import s3_error
from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.functions.credentials import SERVICE
from penstock.services.lambda_.functions.package import Package
from penstock.services.lambda_.state import LambdaState


async def receive(lambda_: LambdaState, call: Call, code: Params) -> Package:
    """Returns the package that a FunctionCode or a layer's Content brings, durable; AwsError when it cannot be used."""
    data = code.get("ZipFile")
    if data is None:
        if not code.get("S3Bucket") or not code.get("S3Key"):
            raise invalid("Please provide a source for function code.")
        data = await _from_s3(lambda_, call, code)
    elif code.get("S3Bucket") or code.get("S3Key"):
        raise invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")
    elif len(data) > limits.MAX_ZIP_BYTES:
        raise AwsError(
            "RequestEntityTooLargeException",
            f"Zipped size must be smaller than {limits.MAX_ZIP_BYTES} bytes",
            status=413,
        )
    return await asyncio.to_thread(lambda_.packages.add, bytes(data))


async def _from_s3(lambda_: LambdaState, call: Call, code: Params) -> bytes:
    params = {"Bucket": code["S3Bucket"], "Key": code["S3Key"]}
    if version := code.get("S3ObjectVersion"):
        params["VersionId"] = version
    try:
        result = await lambda_.parts.call(
            "s3",
            "GetObject",
            params,
            principal=call.principal,
            account=call.account,
            region=call.region,
            via=SERVICE,
        )
    except AwsError as error:
        raise s3_error(error) from None
    if result["ContentLength"] > limits.MAX_UNZIPPED_BYTES:
        raise invalid(f"Unzipped size must be smaller than {limits.MAX_UNZIPPED_BYTES} bytes")
    body = result["Body"]
    return body if isinstance(body, bytes) else b"".join([chunk async for chunk in body])
