"""Who signed a request, and a body that holds what was signed."""

import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import lru_cache

from penstock.access import (
    ANONYMOUS,
    QUERY,
    REST_XML,
    V4,
    ChunkDecoder,
    Credential,
    PresignedV2,
    Principal,
    Signature,
    SignedText,
    SignedTextV2,
    Style,
    Wording,
    check_credential,
    check_head,
    presigned_v2,
    signed_request,
    stated_digest,
    verify,
    verify_v2,
)
from penstock.clock import Clock
from penstock.errors import AwsError
from penstock.identities import Identities
from penstock.server.body import ChunkedBody, PlainBody
from penstock.server.call import Place, Signing
from penstock.server.directory import Scope
from penstock.server.request import Body, Request
from penstock.store import Store

VERSION_2, VERSION_4 = "AWS", "AWS4-HMAC-SHA256"
_ANY = V4(QUERY)


@dataclass(slots=True)
class Authenticated:
    """The caller, and the body: read and verified (``content``) or still to be read (``body``).

    ``signing`` is there for those services whose policies may ask how a request was signed. ``access_key_id`` is "" of
    who did not sign.
    """

    principal: Principal
    body: Body
    content: bytes | None
    signing: Signing | None = None
    access_key_id: str = ""


class Authenticator:
    """Checks signatures against the credentials in the store."""

    def __init__(self, identities: Identities, store: Store, clock: Clock) -> None:
        self._identities = identities
        self._store = store
        self._clock = clock

    def authenticate(
        self, request: Request, scope: Scope, style: Style, path: str, max_body: int
    ) -> Awaitable[Authenticated]:
        """Returns who signed ``request``, or the anonymous principal; AwsError in AWS's words when the signature fails.

        ``scope`` is what the request is served as: a signature for anything else fails. ``path`` is what is served,
        in path style. Where the client states the hash that it signs, the body can be read and checked later; in
        other styles the signature covers the body itself, which is read now, to ``max_body`` bytes, but not before
        all has been checked that takes no body. An anonymous caller's is left.
        """
        if style.states_payload:
            return self._head(request, scope, style, path, max_body)
        return self._whole(request, scope, style, max_body)

    async def _head(
        self, request: Request, scope: Scope, style: Style, path: str, max_body: int
    ) -> Authenticated:
        if (
            request.query
            and "authorization" not in request.headers
            and (claim := presigned_v2(request.query))
        ):
            principal = await self._verified_v2(request, claim, path)
            signing = Signing(VERSION_2, Place.QUERY, None)
            return Authenticated(
                principal, PlainBody(request, None, max_body), None, signing, claim.access_key_id
            )
        signature = signed_request(request, style)
        if signature is None:
            return Authenticated(ANONYMOUS, PlainBody(request, None, max_body), None)
        found = await self._store.read(self._identities.keeper.credential, signature.access_key_id)
        credential = self._checked(found, signature, scope, style, request)
        verify(signature, style, credential.secret, request, signature.payload_hash or "")
        signing = _signing(signature.expires_s is None, signature.timestamp_ms)
        body = _body(request, signature, credential, max_body)
        return Authenticated(credential.principal, body, None, signing, credential.access_key_id)

    async def names_a_key(self, request: Request) -> bool:
        """Returns whether ``request`` names an access key that there is; that proves nothing yet."""
        try:
            signature = signed_request(request, _ANY)
        except AwsError:
            return False
        if signature is None:
            return False
        keeper = self._identities.keeper
        return await self._store.read(keeper.credential, signature.access_key_id) is not None

    async def principal(self, access_key_id: str, session_token: str | None) -> Principal:
        """Returns whose credentials these are; AwsError when they are unknown or over."""
        return (await self._credential(access_key_id, session_token, QUERY)).principal

    async def signer(self, signed: SignedText | SignedTextV2) -> Principal:
        """Returns who signed the text; AwsError in S3's words when nobody did."""
        credential = await self._credential(signed.access_key_id, signed.session_token, REST_XML)
        signed.verify(credential.secret)
        return credential.principal

    async def _whole(self, request: Request, scope: Scope, style: Style, max_body: int) -> Authenticated:
        signature = signed_request(request, style)
        body = PlainBody(request, None, max_body)
        if signature is None:
            return Authenticated(ANONYMOUS, body, None)
        found = await self._store.read(self._identities.keeper.credential, signature.access_key_id)
        credential = self._checked(found, signature, scope, style, request)
        stated = stated_digest(signature)
        if stated is not None:
            verify(signature, style, credential.secret, request, stated)
        content = body.whole()
        if content is None:
            content = await body.read()
        body_hash = hashlib.sha256(content).hexdigest()
        if body_hash != stated:
            verify(signature, style, credential.secret, request, body_hash)
        return Authenticated(credential.principal, body, content, access_key_id=credential.access_key_id)

    def _checked(
        self, found: Credential | None, signature: Signature, scope: Scope, style: Style, request: Request
    ) -> Credential:
        """Returns ``found``, the credential that is named, when all of the head holds but the signature."""
        # A request with two credentials could otherwise be verified by one service's rules and served by another.
        if (signature.service, signature.region or None) != scope:
            raise style.words.wrong_scope(scope.service)
        key, token = signature.access_key_id, signature.session_token
        credential = check_credential(found, key, token, style.words, self._clock.now_ms)
        if scope.service in credential.unknown_to:
            raise style.words.unknown_key(key)
        # A timestamp has whole seconds. In the second of a move a request counts as signed after it, or it would be
        # refused as too old; a URL counts as signed before it, or it would outlive its end.
        slack_ms = 999 if signature.expires_s is None else 0
        aged_ms = self._clock.elapsed_since_real_ms(signature.timestamp_ms + slack_ms) + slack_ms
        check_head(signature, style.words, request.headers, signature.timestamp_ms + aged_ms)
        return credential

    async def _verified_v2(self, request: Request, claim: PresignedV2, path: str) -> Principal:
        credential = await self._credential(claim.access_key_id, claim.session_token, REST_XML)
        # The URL says when it ends but not when it was made, so a move of time brings its end nearer in any case.
        now_ms = self._clock.now_ms()
        verify_v2(claim, credential.secret, request.method, path, request.headers, now_ms)
        return credential.principal

    async def _credential(self, access_key_id: str, session_token: str | None, words: Wording) -> Credential:
        found = await self._store.read(self._identities.keeper.credential, access_key_id)
        return check_credential(found, access_key_id, session_token, words, self._clock.now_ms)


@lru_cache(maxsize=256)  # a client signs many requests in a second
def _signing(in_header: bool, timestamp_ms: int) -> Signing:
    return Signing(VERSION_4, Place.HEADER if in_header else Place.QUERY, timestamp_ms)


def _body(request: Request, signature: Signature, credential: Credential, max_body: int) -> Body:
    stated = signature.payload_hash or "UNSIGNED-PAYLOAD"
    if not stated.startswith("STREAMING-"):
        return PlainBody(request, None if stated == "UNSIGNED-PAYLOAD" else stated, max_body)
    decoder = ChunkDecoder(stated, signature, credential.secret, request.headers)
    return ChunkedBody(request, decoder, max_body)
