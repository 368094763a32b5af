"""What the schema registry refuses by name."""

from collections.abc import Mapping

from penstock.services.service import lacking

LACKS: Mapping[str, str] = lacking(
    {
        "code bindings": (
            "DescribeCodeBinding",
            "GetCodeBindingSource",
            "PutCodeBinding",
        ),
        "policies of registries": (
            "DeleteResourcePolicy",
            "GetResourcePolicy",
            "PutResourcePolicy",
        ),
    }
)
