"""PostObject: what a browser's form uploads, authorised and stored as a PutObject is.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from dataclasses import replace

from penstock.access import ANONYMOUS, REST_XML
from penstock.server import Call, Params, Signing, operation
from penstock.services.s3.arns import object_arn
from penstock.services.s3.buckets.bucket import check_seen
from penstock.services.s3.forms.answer import post_answer
from penstock.services.s3.forms.errors import empty_key, missing_field
from penstock.services.s3.forms.form import Form, read_form
from penstock.services.s3.forms.parameters import put_parameters
from penstock.services.s3.forms.policy import parse_form_policy
from penstock.services.s3.forms.signature import policy_signature
from penstock.services.s3.objects.authorize import write_keys
from penstock.services.s3.objects.put import store_object
from penstock.services.s3.state import S3State


@operation("PostObject", action=None, streams=True)
async def post_object(s3: S3State, call: Call, params: Params) -> Params:
    """Stores the form's file as the newest version of the form's key."""
    form = await read_form(call)
    bucket, key = params["Bucket"], form.fields.get("key")
    if key is None:
        raise missing_field("key")
    if not key:
        raise empty_key()
    sender = await _sender(s3, call, bucket, form)
    put = put_parameters(bucket, key, form.fields)
    await sender.authorize("s3:PutObject", object_arn(s3, sender, put), write_keys(s3, sender, put))
    check_seen(sender, put)
    stored = await store_object(s3, sender, put, "ObjectCreated:Post")
    return post_answer(call, form.fields, bucket, key, stored)


async def _sender(s3: S3State, call: Call, bucket: str, form: Form) -> Call:
    """Returns the call as that of whoever signed the policy, which allows it; as it is when there is no policy."""
    signature = policy_signature(form.fields)
    if signature is None:
        return replace(call, body=form.file)
    if call.principal is not ANONYMOUS:
        raise REST_XML.two_mechanisms(call.headers.get("authorization", ""))
    principal = await s3.signer(signature.signed)
    policy = parse_form_policy(signature.signed.text)
    # The bucket is the URL's: a field of that name is only a claim.
    policy.check({**form.fields, "bucket": bucket}, _now_ms(s3, signature.signing))
    form.file.sizes = policy.sizes
    return replace(
        call,
        principal=principal,
        account=principal.account,
        region=signature.region or call.region,
        signing=signature.signing,
        body=form.file,
    )


def _now_ms(s3: S3State, signing: Signing) -> int:
    """Returns the time by the signer's clock: what the server's was moved since then counts, what before does not."""
    made_ms = signing.timestamp_ms
    return s3.clock.now_ms() if made_ms is None else made_ms + s3.clock.elapsed_since_real_ms(made_ms)
