"""What importing and loading costs."""

import subprocess
import sys

import pytest

from penstock.errors import StartError
from penstock.wire import codec, load_model


def test_models_are_read_without_importing_botocore() -> None:
    script = (
        "import sys; from penstock.wire import codec, load_model; "
        "codec(load_model('s3'), 'rest-xml'); "
        "print(sorted(m for m in ('botocore', 'boto3', 'cbor2') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_models_and_codecs_are_made_once() -> None:
    assert load_model("sqs") is load_model("sqs")
    assert codec(load_model("sqs"), "json") is codec(load_model("sqs"), "json")


def test_the_newest_model_is_the_one_that_is_read() -> None:
    assert load_model("lambda").api_version == "2015-03-31"
    assert load_model("cloudwatch").protocols[0] == "smithy-rpc-v2-cbor"


def test_a_service_that_aws_does_not_have_stops_the_start() -> None:
    with pytest.raises(StartError, match="no model"):
        load_model("nothing")
    with pytest.raises(StartError, match="ec2"):
        codec(load_model("ec2"), "ec2")
