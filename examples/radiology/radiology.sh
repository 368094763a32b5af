#!/usr/bin/env bash
# Metadata of medical images, with nothing but the aws CLI and a Python that has pydicom.
#
#   radiology.sh set-up      table, bucket, role, functions, rule
#   radiology.sh validate    images, their items, what the role refuses
#   radiology.sh clean-up    everything in reverse
#
# AWS_ENDPOINT_URL, a region and credentials must be set: eval "$(penstock env)". It leaves its names in radiology.env.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
names=${RADIOLOGY_NAMES:-$PWD/radiology.env}
TABLE=ImageMetadata

say() { printf '\n== %s\n' "$*"; }

# The code of a function as a zip, with pydicom as it is installed here beside it.
package() {
    python3 -c 'import sys, pathlib
sys.path.insert(0, sys.argv[1])
from aws import package
pathlib.Path(sys.argv[3]).write_bytes(package(sys.argv[2], *sys.argv[4:]))' \
        "$here/.." "$here/functions/$1.py" "$2" "${@:3}"
}

# One of the real images that pydicom carries.
image() { python3 -c 'import sys; from pydicom.data import get_testdata_file as find; print(find(sys.argv[1]))' "$1"; }

create_function() { # name file zip
    aws lambda create-function --function-name "$1" --runtime python3.12 --role "$ROLE_ARN" --handler "$2.handler" \
        --zip-file "fileb://$3" --timeout 30 --memory-size 512 \
        --environment "Variables={TABLE=$TABLE,BUCKET=$BUCKET}" --query State
    aws lambda wait function-active-v2 --function-name "$1"
}

set_up() {
    local work
    work=$(mktemp -d)
    trap 'rm -rf "$work"' RETURN

    say "names that nobody else has"
    REGION=$(aws configure get region || echo "${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}")
    ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
    SUFFIX=$(aws secretsmanager get-random-password --exclude-punctuation --exclude-uppercase --password-length 6 \
        --require-each-included-type --query RandomPassword --output text)
    BUCKET=radiology-$SUFFIX ROLE=radiology-$SUFFIX FUNCTION=image-metadata-$SUFFIX OVERREACH=overreach-$SUFFIX
    printf '%s\n' "BUCKET=$BUCKET ROLE=$ROLE FUNCTION=$FUNCTION OVERREACH=$OVERREACH" > "$names"

    say "the table $TABLE"
    aws dynamodb create-table --table-name "$TABLE" --billing-mode PAY_PER_REQUEST \
        --attribute-definitions AttributeName=FileKey,AttributeType=S \
        --key-schema AttributeName=FileKey,KeyType=HASH --query TableDescription.TableStatus
    aws dynamodb wait table-exists --table-name "$TABLE"

    say "the bucket"
    aws s3 mb "s3://$BUCKET"

    say "a role that may put items into the table, read the bucket's objects, write logs, and nothing else"
    cat > "$work/trust.json" <<END
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
END
    cat > "$work/policy.json" <<END
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "arn:aws:dynamodb:$REGION:$ACCOUNT:table/$TABLE"},
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::$BUCKET/*"}]}
END
    ROLE_ARN=$(aws iam create-role --role-name "$ROLE" --assume-role-policy-document "file://$work/trust.json" \
        --query Role.Arn --output text)
    aws iam attach-role-policy --role-name "$ROLE" \
        --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
    aws iam put-role-policy --role-name "$ROLE" --policy-name radiology --policy-document "file://$work/policy.json"

    say "the function that reads headers, and one that tries to do more under the same role"
    package image_metadata "$work/image_metadata.zip" pydicom
    create_function "$FUNCTION" image_metadata "$work/image_metadata.zip"
    package overreach "$work/overreach.zip"
    create_function "$OVERREACH" overreach "$work/overreach.zip"

    say "what ends in .dcm starts the function"
    FUNCTION_ARN=$(aws lambda get-function --function-name "$FUNCTION" \
        --query Configuration.FunctionArn --output text)
    aws lambda add-permission --function-name "$FUNCTION" --statement-id s3 --action lambda:InvokeFunction \
        --principal s3.amazonaws.com --source-arn "arn:aws:s3:::$BUCKET" --source-account "$ACCOUNT"
    cat > "$work/notification.json" <<END
{"LambdaFunctionConfigurations": [{"Id": "images", "LambdaFunctionArn": "$FUNCTION_ARN",
  "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [{"Name": "suffix", "Value": ".dcm"}]}}}]}
END
    aws s3api put-bucket-notification-configuration --bucket "$BUCKET" \
        --notification-configuration "file://$work/notification.json"
}

# Asks until the answer is not empty.
eventually() {
    local answer
    for _ in $(seq 60); do
        answer=$("$@")
        if [ -n "$answer" ] && [ "$answer" != None ]; then
            echo "$answer"
            return
        fi
        sleep 0.5
    done
    echo "nothing came of: $*" >&2
    return 1
}

validate() {
    local answer
    answer=$(mktemp)
    trap 'rm -f "$answer"' RETURN

    say "two images, and a text that starts nothing"
    aws s3 cp "$(image MR_small.dcm)" "s3://$BUCKET/ward/4MR1_head.dcm"
    aws s3 cp "$(image CT_small.dcm)" "s3://$BUCKET/ward/1CT1_chest.dcm"
    echo "no image" | aws s3 cp - "s3://$BUCKET/ward/notes.txt"

    say "their items"
    for key in ward/4MR1_head.dcm ward/1CT1_chest.dcm; do
        eventually aws dynamodb get-item --table-name "$TABLE" --consistent-read \
            --key "{\"FileKey\": {\"S\": \"$key\"}}" --query Item --output json
    done

    say "how many there are"
    aws dynamodb scan --table-name "$TABLE" --select COUNT --query Count

    say "what else the role may do"
    aws lambda invoke --function-name "$OVERREACH" "$answer" --query StatusCode
    cat "$answer"
    echo
    eventually aws logs filter-log-events --log-group-name "/aws/lambda/$OVERREACH" \
        --filter-pattern '"not authorized to perform"' --query 'events[].message' --output text
}

clean_up() {
    say "everything in reverse"
    aws s3api put-bucket-notification-configuration --bucket "$BUCKET" --notification-configuration '{}'
    for function in "$FUNCTION" "$OVERREACH"; do
        aws lambda delete-function --function-name "$function"
        aws logs delete-log-group --log-group-name "/aws/lambda/$function"
    done
    aws iam delete-role-policy --role-name "$ROLE" --policy-name radiology
    aws iam detach-role-policy --role-name "$ROLE" \
        --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
    aws iam delete-role --role-name "$ROLE"
    aws s3 rb --force "s3://$BUCKET"
    aws dynamodb delete-table --table-name "$TABLE" --query TableDescription.TableStatus
    aws dynamodb wait table-not-exists --table-name "$TABLE"
    rm "$names"
}

case ${1:-} in
set-up) set_up ;;
validate | clean-up)
    # shellcheck source=/dev/null
    . "$names"
    "${1//-/_}"
    ;;
*)
    sed -n '2,8s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
