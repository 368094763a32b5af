"""The policy simulator: what would be allowed, and which condition keys that would take.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

import asyncio
from collections.abc import Iterable
from typing import Any, NamedTuple

from penstock.access import Keys, Policy, PolicyError, Principal, parse_policy
from penstock.arn import Arn
from penstock.errors import AwsError
from penstock.server import Call, Params, operation
from penstock.services.iam import errors
from penstock.services.iam.entities.document import context_keys
from penstock.services.iam.entities.simulation import Simulation, Source, simulate
from penstock.services.iam.entities.subject import Subject, find_subject
from penstock.services.iam.paging import page, page_start
from penstock.services.iam.state import IamState

_ANY = "*"
_MAX_COMPARISONS = 50_000  # of a request with a statement, for one page: some 50 ms in a thread
_LISTS = ("stringList", "numericList", "booleanList", "ipList", "binaryList", "dateList")


class _Given(NamedTuple):
    """What a request brings, compiled."""

    policies: tuple[Source, ...]
    boundary: Policy | None
    resource_policy: Policy | None


@operation("SimulateCustomPolicy", action="iam:SimulateCustomPolicy")
async def simulate_custom_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Returns what the given policies would allow."""
    given = await asyncio.to_thread(_compiled, params)
    return await _simulated(call, params, given, None)


@operation("SimulatePrincipalPolicy", action=None)
async def simulate_principal_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Returns what the policies of a user, group or role would allow, together with the given ones."""
    subject = await _authorised(iam, call, params, "SimulatePrincipalPolicy")
    given = await asyncio.to_thread(_compiled, params)
    return await _simulated(call, params, given, subject)


@operation("GetContextKeysForCustomPolicy", action="iam:GetContextKeysForCustomPolicy")
async def get_context_keys_for_custom_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the condition keys that the given policies name."""
    given = await asyncio.to_thread(_compiled, params)
    return {"ContextKeyNames": await asyncio.to_thread(_named, given.policies)}


@operation("GetContextKeysForPrincipalPolicy", action=None)
async def get_context_keys_for_principal_policy(iam: IamState, call: Call, params: Params) -> Params:
    """Returns the condition keys that the policies of a user, group or role name, and the given ones."""
    subject = await _authorised(iam, call, params, "GetContextKeysForPrincipalPolicy")
    given = await asyncio.to_thread(_compiled, params)
    held = await asyncio.to_thread(_held, subject, {})
    return {"ContextKeyNames": await asyncio.to_thread(_named, (*given.policies, *held))}


async def _authorised(iam: IamState, call: Call, params: Params, name: str) -> Subject:
    """Returns whose policies are asked for; AwsError ``NoSuchEntity`` for another account's, ``InvalidInput``."""
    arn = params["PolicySourceArn"]
    await call.authorize(f"iam:{name}", arn)
    subject = await iam.store.read(find_subject, call.account, arn)
    if subject is None:
        raise errors.no_such_source(arn)
    return subject


def _compiled(params: Params) -> _Given:
    policies = [
        Source.of(f"PolicyInputList.{number}", _parsed(document))
        for number, document in enumerate(params.get("PolicyInputList") or (), 1)
    ]
    bounds = params.get("PermissionsBoundaryPolicyInputList") or []
    if len(bounds) > 1:
        raise errors.invalid_input("Only one permissions boundary policy can be simulated.")
    resource_policy = params.get("ResourcePolicy")
    return _Given(
        tuple(policies),
        _parsed(bounds[0]) if bounds else None,
        _parsed_of_resource(resource_policy) if resource_policy else None,
    )


def _parsed(document: str) -> Policy:
    try:
        return parse_policy(document, kind="identity")
    except PolicyError as error:
        raise errors.invalid_input(str(error)) from None


def _parsed_of_resource(document: str) -> Policy:
    try:
        return parse_policy(document, kind="resource")
    except PolicyError as error:
        raise errors.invalid_input(str(error)) from None


async def _simulated(call: Call, params: Params, given: _Given, subject: Subject | None) -> Params:
    if params.get("OrderedOrganizationPolicyInputList"):
        raise errors.not_implemented("OrderedOrganizationPolicyInputList")
    held = await asyncio.to_thread(_held, subject, params) if subject else ()
    sources = (*given.policies, *held)
    boundary = given.boundary or _bound(subject, params)
    principal = _principal(call, params, sources, boundary, subject)
    asked = sources
    if boundary is not None:
        asked += (Source.of("PermissionsBoundaryPolicyInputList.1", boundary),)
    if given.resource_policy is not None:
        asked += (Source.of("ResourcePolicy", given.resource_policy),)
    named = await asyncio.to_thread(_named, asked)
    owner = _account(params["ResourceOwner"]) if params.get("ResourceOwner") else principal.account
    resource_policy = given.resource_policy
    simulation = Simulation(principal, asked, _context(params), resource_policy, owner, tuple(named))
    after, size = page_start(params)
    size = max(1, min(size, _MAX_COMPARISONS // max(1, simulation.statements)))
    first = int(after) if after.isdecimal() and after.isascii() and len(after) < 10 else 0
    pairs = _pairs(params)[first : first + size + 1]
    found = await asyncio.to_thread(simulate, simulation, pairs[:size])
    numbered: list[tuple[str, Any]] = [(str(first + n), result) for n, result in enumerate(found, 1)]
    # The page's last entry tells whether there is one more, whose result nobody needs yet.
    more = [("", None)] if len(pairs) > size else []
    return page("EvaluationResults", [*numbered, *more], size)


def _pairs(params: Params) -> list[tuple[str, str]]:
    for action in params["ActionNames"]:
        if ":" not in action:
            raise errors.invalid_input(f"Invalid action: {action}")
    resources = params.get("ResourceArns") or [_ANY]
    return [(action, resource) for action in params["ActionNames"] for resource in resources]


def _principal(
    call: Call, params: Params, sources: tuple[Source, ...], boundary: Policy | None, subject: Subject | None
) -> Principal:
    """Returns who would ask: a user, that of ``CallerArn`` or whose policies are asked for."""
    caller = params.get("CallerArn")
    identity = tuple(source.policy for source in sources)
    if caller is None and params.get("ResourcePolicy") and (subject is None or subject.kind != "user"):
        raise errors.invalid_input("CallerArn is required when a resource policy is simulated.")
    if caller is not None:
        arn = _checked_user(caller)
        return Principal("user", _account(arn), arn, identity=identity, boundary=boundary)
    if subject is None or subject.kind == "group":
        # Whoever it is, no policy names him.
        return Principal("user", call.account, "", identity=identity, boundary=boundary)
    return Principal(
        subject.kind,
        call.account,
        subject.arn,
        subject.id,
        role_arn=subject.arn if subject.kind == "role" else "",
        identity=identity,
        boundary=boundary,
        tags=subject.tags,
    )


def _held(subject: Subject, params: Params) -> tuple[Source, ...]:
    """Returns the policies of the subject, but those that are left out."""
    left_out = params.get("PolicyExclusionList") or ()
    arns = {one["PolicyArn"] for one in left_out if "PolicyArn" in one}
    types = {one["PolicyType"] for one in left_out if "PolicyType" in one}
    inline = [one["InlinePolicyIdentifier"] for one in left_out if "InlinePolicyIdentifier" in one]
    names = {f"{one['AttachmentType']}_{one['AttachmentName']}_{one['PolicyName']}" for one in inline}
    return tuple(
        Source.of(held.name, _parsed(held.document))
        for held in subject.policies
        if held.arn not in arns and held.name not in names and held.type not in types
    )


def _bound(subject: Subject | None, params: Params) -> Policy | None:
    left_out = params.get("PolicyExclusionList") or ()
    if any(one.get("PolicyType") == "permission-boundary" for one in left_out):
        return None
    return subject.boundary if subject else None


def _context(params: Params) -> Keys:
    context: Keys = {}
    for entry in params.get("ContextEntries") or ():
        if "ContextKeyName" not in entry:
            raise errors.invalid_input("A context entry has no ContextKeyName.")
        values = entry.get("ContextKeyValues") or []
        is_list = entry.get("ContextKeyType") in _LISTS
        if not is_list and len(values) > 1:
            raise errors.invalid_input(f"{entry['ContextKeyName']} has more than one value.")
        if values:
            context[entry["ContextKeyName"]] = values if is_list else values[0]
    return context


def _named(sources: Iterable[Source]) -> list[str]:
    """Returns the condition keys that the policies name, each once, as they write them."""
    found: dict[str, str] = {}
    for source in sources:
        for key in context_keys(source.policy.text):
            found.setdefault(key.lower(), key)
    return list(found.values())


def _checked_user(text: str) -> str:
    try:
        parsed = Arn.parse(text)
    except ValueError:
        raise _invalid_caller(text) from None
    if parsed.service != "iam" or not parsed.resource.startswith("user/"):
        raise _invalid_caller(text)
    return text


def _invalid_caller(text: str) -> AwsError:
    return errors.invalid_input(f"Invalid CallerArn: {text}")


def _account(text: str) -> str:
    try:
        return Arn.parse(text).account
    except ValueError:
        raise errors.invalid_input(f"Invalid ARN: {text}") from None
