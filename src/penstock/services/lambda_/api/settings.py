"""A function's settings: what may be asked for, what AWS assumes when it is not, and what this server does not do."""

import re
from collections.abc import Mapping
from typing import Any

from penstock.errors import AwsError
from penstock.services.lambda_ import limits
from penstock.services.lambda_.errors import invalid, out_of_range
from penstock.services.lambda_.functions.runtimes import check_runtime
from penstock.services.lambda_.runtime.environment import check_environment

_SETTINGS = (
    "Runtime",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "Environment",
    "KMSKeyArn",
    "TracingConfig",
    "EphemeralStorage",
    "DeadLetterConfig",
    "Architectures",
)
# Members that ask for something this server does not have; an empty value asks for nothing.
_UNSUPPORTED = (
    "ImageConfig",
    "FileSystemConfigs",
    "CodeSigningConfigArn",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
    "RuntimeConfig",
    "AcceleratorConfig",
    "PublishTo",
)
_LOG_LEVELS = ("ApplicationLogLevel", "SystemLogLevel")
_TARGET_ARN = re.compile(r"arn:aws:(sqs|sns):[a-z0-9-]+:\d{12}:[a-zA-Z0-9-_.]+")
_BUS_ARN = re.compile(r"arn:aws:events:[a-z0-9-]+:\d{12}:event-bus/[a-zA-Z0-9-_./]+")


def new_settings(name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the settings of a function that CreateFunction asks for; AwsError when it cannot be made."""
    if params.get("PackageType", "Zip") != "Zip" or params["Code"].get("ImageUri"):
        raise invalid(
            "Container images (PackageType Image, ImageUri) are not supported by this server; send a zip."
        )
    if not params.get("Runtime") or not params.get("Handler"):
        raise invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    settings = {
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "TracingConfig": {"Mode": "PassThrough"},
        "EphemeralStorage": {"Size": 512},
        "Architectures": ["x86_64"],
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
    }
    return changed_settings(name, settings, params)


def changed_settings(name: str, settings: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Returns ``settings`` with what ``params`` set; AwsError when a value cannot be used."""
    refuse_unsupported(params)
    changed = {
        **settings,
        **{member: params[member] for member in _SETTINGS if params.get(member) is not None},
    }
    if logging := params.get("LoggingConfig"):
        changed["LoggingConfig"] = _logging(name, settings["LoggingConfig"], logging)
    if not changed.get("DeadLetterConfig", {}).get("TargetArn"):
        changed.pop("DeadLetterConfig", None)
    if not changed.get("KMSKeyArn"):
        changed.pop("KMSKeyArn", None)
    _check(changed)
    return changed


def refuse_unsupported(params: Mapping[str, Any]) -> None:
    """Raises AwsError naming the first member that asks for something this server does not have."""
    for member in _UNSUPPORTED:
        if params.get(member):
            raise invalid(f"{member} is not supported by this server.")
    vpc = params.get("VpcConfig") or {}
    if vpc.get("SubnetIds") or vpc.get("SecurityGroupIds"):
        raise invalid("VpcConfig is not supported by this server.")
    if (params.get("SnapStart") or {}).get("ApplyOn", "None") != "None":
        raise invalid("SnapStart is not supported by this server.")


def _logging(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    group = new.get("LogGroup") or old.get("LogGroup") or f"/aws/lambda/{name}"
    log_format = new.get("LogFormat") or old["LogFormat"]
    if log_format == "JSON":
        levels = {level: new.get(level) or old.get(level) or "INFO" for level in _LOG_LEVELS}
        return {"LogFormat": log_format, **levels, "LogGroup": group}
    if any(new.get(level) for level in _LOG_LEVELS):
        raise invalid("To change the log levels you must set the LogFormat to JSON.")
    return {"LogFormat": log_format, "LogGroup": group}


def _check(settings: Mapping[str, Any]) -> None:
    check_runtime(settings["Runtime"])
    if "\0" in settings["Handler"]:
        raise invalid("The handler you have provided contains a null character.")
    _at_most(settings["Timeout"], "timeout", limits.MAX_TIMEOUT_S)
    _at_most(settings["MemorySize"], "memorySize", limits.MAX_MEMORY_MB)
    _at_most(settings["EphemeralStorage"]["Size"], "ephemeralStorage.size", limits.MAX_EPHEMERAL_MB)
    check_environment(settings.get("Environment", {}).get("Variables", {}))
    check_target(settings.get("DeadLetterConfig", {}).get("TargetArn"), "DeadLetterConfig")


def check_target(arn: str | None, member: str) -> None:
    """Raises AwsError unless ``arn`` is that of a standard queue or topic, or None."""
    if arn is None:
        return
    if not _TARGET_ARN.fullmatch(arn):
        raise invalid(
            f"{member}: only Amazon SQS queues, Amazon SNS topics and, as destinations, event buses are supported "
            f"by this server: {arn}"
        )
    if arn.endswith(".fifo"):
        raise invalid(f"{member}: FIFO queues and topics are not supported as a target: {arn}")


def check_destination(arn: str, member: str) -> None:
    """Raises AwsError unless ``arn`` is that of a standard queue or topic, or of an event bus."""
    if not _BUS_ARN.fullmatch(arn):
        check_target(arn, member)


def _at_most(value: int, member: str, limit: int) -> None:
    if value > limit:
        raise out_of_range(value, member, f"have value less than or equal to {limit}")


def s3_error(error: AwsError) -> AwsError:
    """Returns the answer when a package could not be read from S3."""
    detail = f"S3 Error Code: {error.code}. S3 Error Message: {error.message}"
    if error.code == "AccessDenied":
        return AwsError(
            "AccessDeniedException",
            "Your access has been denied by S3, please make sure your request credentials have permission to "
            f"GetObject for the deployment package. {detail}",
            status=403,
            Type="User",
        )
    return invalid(f"Error occurred while GetObject. {detail}")
