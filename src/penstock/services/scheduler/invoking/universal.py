"""Universal targets: any operation of a service that is here, called with the rights of the schedule's role."""

import orjson

from penstock.access import Principal
from penstock.delivery import Attempt, Job
from penstock.errors import AwsError
from penstock.server import Callee
from penstock.services.scheduler.invoking.failure import Failure, Hope, answered, refused_role
from penstock.services.scheduler.invoking.firing import Firing
from penstock.services.scheduler.invoking.kind import Kind, api_action
from penstock.services.scheduler.invoking.role import role_principal
from penstock.services.scheduler.state import SchedulerState

_BAD_INPUT = "ValidationException"


async def call_once(scheduler: SchedulerState, firing: Firing, job: Job) -> Attempt:
    """Returns how one call went."""
    target = firing.target
    callee = scheduler.call.find(*api_action(target["Arn"]))
    if callee is None:
        return _failed(Failure(_BAD_INPUT, f"{target['Arn']} is not served", Hope.NEVER))
    principal = await scheduler.store.read(
        role_principal, scheduler.identities, firing.schedule.of, target["RoleArn"]
    )
    if principal is None:
        return _failed(refused_role(Kind.UNIVERSAL, target["RoleArn"]))
    try:
        await _call(scheduler, firing, job, callee, principal)
    except AwsError as error:
        return _failed(answered(error))
    except (ValueError, RecursionError) as error:
        return _failed(Failure(_BAD_INPUT, f"the input does not fit the operation: {error}", Hope.NEVER))
    return Attempt(ok=True, detail={"operation": f"{callee.service}:{callee.operation}"})


async def _call(
    scheduler: SchedulerState, firing: Firing, job: Job, callee: Callee, principal: Principal
) -> None:
    text = firing.payload(job.attempts + 1) if "Input" in firing.target else "{}"
    params = callee.read(orjson.loads(text))
    await scheduler.call(
        callee.service,
        callee.operation,
        params,
        principal=principal,
        account=principal.account,
        region=firing.schedule.region,
        trace=job.trace_header,
    )


def failure_in(attempt: Attempt) -> Failure:
    """Returns the failure that a try ended with."""
    code, hope = attempt.detail["error_code"], attempt.detail["hope"]
    return Failure(str(code), attempt.error, Hope(str(hope)))


def _failed(failure: Failure) -> Attempt:
    detail: dict[str, object] = {"error_code": failure.code, "hope": failure.hope.value}
    return Attempt(ok=False, error=failure.reason, detail=detail)
