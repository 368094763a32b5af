"""Each file is checked against the contract beside it; what does not keep it goes into quarantine, with a report.

    eval "$(penstock env)"; python examples/quarantine/quarantine.py

``set_up`` is all that it takes; the rest uploads two files and shows what became of them.
"""

import json
import sys
import time
from pathlib import Path

import boto3

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from aws import allow, make_function, make_role, on_upload

HERE = Path(__file__).parent
INBOX, CLEAN, QUARANTINE = "contracts-inbox", "contracts-clean", "contracts-quarantine"

ORDERS = {
    "type": "object",
    "required": ["id", "customer", "amount"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "integer", "minimum": 1},
        "customer": {"type": "string", "maxLength": 40},
        "amount": {"type": "number", "exclusiveMinimum": 0},
        "currency": {"enum": ["EUR", "USD"]},
    },
}


def set_up(client):
    """Makes the three buckets, the contract, the function that judges, and the rule that starts it."""
    s3 = client("s3")
    for bucket in (INBOX, CLEAN, QUARANTINE):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=INBOX, Key="orders/_contract.json", Body=json.dumps(ORDERS))
    role = make_role(
        client,
        "contracts",
        allow(["s3:GetObject", "s3:DeleteObject"], f"arn:aws:s3:::{INBOX}/*"),
        allow("s3:ListBucket", f"arn:aws:s3:::{INBOX}"),
        allow("s3:PutObject", [f"arn:aws:s3:::{CLEAN}/*", f"arn:aws:s3:::{QUARANTINE}/*"]),
    )
    validate = make_function(
        client,
        "contracts-validate",
        HERE / "functions" / "validate.py",
        role,
        libraries=["fastjsonschema"],
        Timeout=60,
        Environment={"Variables": {"CLEAN": CLEAN, "QUARANTINE": QUARANTINE}},
    )
    on_upload(client, INBOX, validate, suffix=".csv")


def main():
    """Sets up, uploads a good file and a bad one, and prints the report."""
    client = boto3.client
    set_up(client)
    s3 = client("s3")
    s3.put_object(Bucket=INBOX, Key="orders/good.csv", Body="id,customer,amount\n1,Ada,10.50\n")
    s3.put_object(Bucket=INBOX, Key="orders/bad.csv", Body="id,customer,amount\nx,Ada,10.50\n2,Grace,-1\n")
    while s3.list_objects_v2(Bucket=INBOX)["KeyCount"] > 1:  # the contract stays
        time.sleep(0.2)
    print(s3.get_object(Bucket=QUARANTINE, Key="orders/bad.csv.report.json")["Body"].read().decode())


if __name__ == "__main__":
    main()
