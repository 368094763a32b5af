"""A worker's environment: AWS's variables, the function's own, and nothing of the server's.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

import os
from pathlib import Path

import orjson

from penstock.services.lambda_.errors import invalid
from penstock.services.lambda_.functions.function import Function
from penstock.services.lambda_.limits import MAX_ENVIRONMENT_BYTES
from penstock.services.lambda_.runtime.initialization import Initialization
from penstock.services.lambda_.runtime.interpreter import Interpreter
from penstock.services.lambda_.runtime.layout import BOOTSTRAP, Layout
from penstock.services.lambda_.runtime.sandbox.isolation import LANGUAGE_FOLDER

_RESERVED = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
_SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def check_environment(variables: dict[str, str]) -> None:
    """Raises AwsError when a function may not have these variables."""
    if reserved := sorted(_RESERVED & variables.keys()):
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    if any("\0" in value for value in variables.values()):
        raise invalid("The environment variables you have provided contain a null character.")
    text = orjson.dumps(variables)
    if len(text) > MAX_ENVIRONMENT_BYTES:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the 4KB limit. String measured: {text.decode()}"
        )


def worker_environment(
    function: Function,
    interpreter: Interpreter,
    credentials: dict[str, str],
    *,
    initialization: Initialization,
    layout: Layout,
    log_stream: str,
    endpoint: str,
    ca_bundle: Path | None,
    runtime_api: str,
    extension_port: int,
) -> dict[str, str]:
    """Returns the whole environment of a worker.

    ``endpoint`` is this server's, so that plain boto3 talks to it, and trusts ``ca_bundle`` there.
    """
    settings = function.settings
    own = settings.get("Environment", {}).get("Variables", {})
    layers = layout.opt if function.layers else ""
    return {
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "PATH": _path(interpreter, layers),
        "LD_LIBRARY_PATH": f"{LANGUAGE_FOLDER}/lib:{layout.task}:{layout.task}/lib{f':{layers}/lib' if layers else ''}",
        **({"PYTHONPATH": layout.runtime} if interpreter.path else {}),
        "AWS_ENDPOINT_URL": endpoint,
        **({"AWS_CA_BUNDLE": str(ca_bundle)} if ca_bundle else {}),
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        **own,
        "TMPDIR": layout.temporary,
        "PWD": layout.task,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
        **({"AWS_EXECUTION_ENV": f"AWS_Lambda_{settings['Runtime']}"} if interpreter.path else {}),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization.value,
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        **_log_format(function),
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT": str(extension_port),
        "LAMBDA_TASK_ROOT": layout.task,
        "LAMBDA_RUNTIME_DIR": layout.runtime,
        "_HANDLER": settings["Handler"],
        **({"_PENSTOCK_LAYERS": layers} if layers and interpreter.path else {}),
        **({"_PENSTOCK_PACKAGES": interpreter.packages} if interpreter.packages else {}),
    }


def _path(interpreter: Interpreter, layers: str) -> str:
    own = [os.path.dirname(interpreter.path)] if interpreter.path else []
    return ":".join([*own, _SYSTEM_PATH, *([f"{layers}/bin"] if layers else [])])


def _log_format(function: Function) -> dict[str, str]:
    logging = function.logging
    level = {"AWS_LAMBDA_LOG_LEVEL": logging["ApplicationLogLevel"]} if function.logs_json else {}
    return {"AWS_LAMBDA_LOG_FORMAT": logging["LogFormat"], **level}


def worker_command(function: Function, interpreter: Interpreter, layout: Layout) -> list[str]:
    """Returns the worker's program and its arguments: AWS's, which a wrapper script gets to run.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html
    """
    command = [interpreter.path, f"{layout.runtime}/{BOOTSTRAP}"]
    own = function.settings.get("Environment", {}).get("Variables", {})
    wrapper = own.get("AWS_LAMBDA_EXEC_WRAPPER")
    return [layout.path(wrapper), *command] if wrapper else command
