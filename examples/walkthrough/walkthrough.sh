#!/usr/bin/env bash
# Automated data processing with error handling and monitoring, with nothing but the aws CLI.
#
#   walkthrough.sh set-up EMAIL   bucket, topic, queue, role, functions, notification, alarms
#   walkthrough.sh validate       a file that is processed, files that fail, logs, reports, metrics
#   walkthrough.sh clean-up       everything in reverse
#
# AWS_ENDPOINT_URL, a region and credentials must be set: eval "$(penstock env)". It leaves its names in walkthrough.env.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
names=${WALKTHROUGH_NAMES:-$PWD/walkthrough.env}

# Version 1 of the CLI overlooks AWS_ENDPOINT_URL for sqs; on AWS itself there is none to give.
sqs() { aws sqs ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} "$@"; }

say() { printf '\n== %s\n' "$*"; }

# The code of a function as a zip, made with the Python that every machine of ours has.
package() {
    python3 -c 'import sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as archive:
    archive.write(sys.argv[1], sys.argv[1].rpartition("/")[2])' "$here/functions/$1.py" "$2"
}

set_up() {
    local email=$1 work
    work=$(mktemp -d)
    trap 'rm -rf "$work"' RETURN

    say "names that nobody else has"
    REGION=$(aws configure get region || echo "${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}")
    ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
    SUFFIX=$(aws secretsmanager get-random-password --exclude-punctuation --exclude-uppercase --password-length 6 \
        --require-each-included-type --query RandomPassword --output text)
    BUCKET=data-processing-$SUFFIX TOPIC_NAME=data-alerts-$SUFFIX QUEUE=data-failures-$SUFFIX ROLE=data-role-$SUFFIX
    PROCESSOR=data-processor-$SUFFIX HANDLER=error-handler-$SUFFIX
    cat > "$names" <<END
REGION=$REGION ACCOUNT=$ACCOUNT SUFFIX=$SUFFIX BUCKET=$BUCKET QUEUE=$QUEUE ROLE=$ROLE
PROCESSOR=$PROCESSOR HANDLER=$HANDLER
END

    say "a bucket that keeps versions"
    aws s3 mb "s3://$BUCKET"
    aws s3api put-bucket-versioning --bucket "$BUCKET" --versioning-configuration Status=Enabled

    say "a topic that mails $email, once the link in the first mail has been followed"
    TOPIC=$(aws sns create-topic --name "$TOPIC_NAME" --query TopicArn --output text)
    aws sns subscribe --topic-arn "$TOPIC" --protocol email --notification-endpoint "$email"

    say "a queue for failures"
    QUEUE_URL=$(sqs create-queue --queue-name "$QUEUE" --query QueueUrl --output text \
        --attributes MessageRetentionPeriod=1209600,VisibilityTimeout=300)
    QUEUE_ARN=$(sqs get-queue-attributes --queue-url "$QUEUE_URL" --attribute-names QueueArn \
        --query Attributes.QueueArn --output text)
    printf 'TOPIC=%s QUEUE_URL=%s QUEUE_ARN=%s\n' "$TOPIC" "$QUEUE_URL" "$QUEUE_ARN" >> "$names"

    say "a role that may do what the two functions do"
    cat > "$work/trust.json" <<END
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
END
    cat > "$work/policy.json" <<END
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::$BUCKET/*"},
  {"Effect": "Allow", "Resource": "$QUEUE_ARN",
   "Action": ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]},
  {"Effect": "Allow", "Action": "sns:Publish", "Resource": "$TOPIC"}]}
END
    ROLE_ARN=$(aws iam create-role --role-name "$ROLE" --assume-role-policy-document "file://$work/trust.json" \
        --query Role.Arn --output text)
    aws iam attach-role-policy --role-name "$ROLE" \
        --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
    aws iam put-role-policy --role-name "$ROLE" --policy-name data-processing \
        --policy-document "file://$work/policy.json"

    say "the function that processes files"
    package data_processor "$work/processor.zip"
    aws lambda create-function --function-name "$PROCESSOR" --runtime python3.12 --role "$ROLE_ARN" \
        --handler data_processor.lambda_handler --zip-file "fileb://$work/processor.zip" \
        --timeout 300 --memory-size 512 --environment "Variables={DLQ_URL=$QUEUE_URL}" \
        --dead-letter-config "TargetArn=$QUEUE_ARN" --query State
    aws lambda wait function-active-v2 --function-name "$PROCESSOR"

    say "the function that tells of failures, fed from the queue"
    package error_handler "$work/handler.zip"
    aws lambda create-function --function-name "$HANDLER" --runtime python3.12 --role "$ROLE_ARN" \
        --handler error_handler.lambda_handler --zip-file "fileb://$work/handler.zip" \
        --timeout 60 --environment "Variables={TOPIC_ARN=$TOPIC}" --query State
    aws lambda wait function-active-v2 --function-name "$HANDLER"
    MAPPING=$(aws lambda create-event-source-mapping --function-name "$HANDLER" --event-source-arn "$QUEUE_ARN" \
        --batch-size 10 --maximum-batching-window-in-seconds 5 \
        --function-response-types ReportBatchItemFailures --query UUID --output text)
    echo "MAPPING=$MAPPING" >> "$names"

    say "what lands under data/ starts the first function"
    FUNCTION_ARN=$(aws lambda get-function --function-name "$PROCESSOR" \
        --query Configuration.FunctionArn --output text)
    aws lambda add-permission --function-name "$PROCESSOR" --statement-id s3 --action lambda:InvokeFunction \
        --principal s3.amazonaws.com --source-arn "arn:aws:s3:::$BUCKET" --source-account "$ACCOUNT"
    cat > "$work/notification.json" <<END
{"LambdaFunctionConfigurations": [{"Id": "process", "LambdaFunctionArn": "$FUNCTION_ARN",
  "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "data/"}]}}}]}
END
    aws s3api put-bucket-notification-configuration --bucket "$BUCKET" \
        --notification-configuration "file://$work/notification.json"

    say "three alarms that tell the topic"
    alarm "errors" AWS/Lambda Errors FunctionName="$PROCESSOR" Sum 1 GreaterThanOrEqualToThreshold
    alarm "queue-depth" AWS/SQS ApproximateNumberOfMessagesVisible QueueName="$QUEUE" Maximum 10 GreaterThanThreshold
    alarm "duration" AWS/Lambda Duration FunctionName="$PROCESSOR" Average 240000 GreaterThanThreshold
}

alarm() { # name namespace metric dimension statistic threshold comparison
    aws cloudwatch put-metric-alarm --alarm-name "$1-$SUFFIX" --namespace "$2" --metric-name "$3" \
        --dimensions "Name=${4%%=*},Value=${4#*=}" --statistic "$5" --threshold "$6" --comparison-operator "$7" \
        --period 300 --evaluation-periods 1 --treat-missing-data notBreaching --alarm-actions "$TOPIC"
}

# Asks until there is an answer: a log group is there when its function has run.
eventually() {
    local answer
    for _ in $(seq 60); do
        answer=$("$@" 2> /dev/null) || answer=
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
    local work
    work=$(mktemp -d)
    trap 'rm -rf "$work"' RETURN

    say "a file that is processed, one that is broken, and one of a kind that nobody foresaw"
    printf 'id,name,amount\n1,Ada,10.50\n2,Grace,\n' > "$work/orders.csv"
    printf '{"id": 1, "name": ' > "$work/broken.json"
    printf 'not a table' > "$work/notes.txt"
    aws s3 cp "$work/orders.csv" "s3://$BUCKET/data/orders.csv"
    aws s3 cp "$work/broken.json" "s3://$BUCKET/data/broken.json"
    aws s3 cp "$work/notes.txt" "s3://$BUCKET/data/notes.txt"

    say "the report"
    eventually aws s3api list-objects-v2 --bucket "$BUCKET" --prefix reports/ --query 'Contents[].Key' --output text
    aws s3 cp "s3://$BUCKET/reports/orders.csv.json" -
    echo

    say "the logs"
    aws logs describe-log-groups --log-group-name-prefix /aws/lambda/ --query 'logGroups[].logGroupName'
    eventually aws logs filter-log-events --log-group-name "/aws/lambda/$PROCESSOR" --filter-pattern processed \
        --query 'events[].message' --output text
    eventually aws logs filter-log-events --log-group-name "/aws/lambda/$HANDLER" --filter-pattern alert \
        --query 'events[].message' --output text

    say "the queue"
    sqs get-queue-attributes --queue-url "$QUEUE_URL" \
        --attribute-names ApproximateNumberOfMessages ApproximateNumberOfMessagesNotVisible

    say "how often the function ran"
    aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Invocations \
        --dimensions "Name=FunctionName,Value=$PROCESSOR" --statistics Sum --period 300 \
        --start-time "$(date -u -d '-1 hour' +%FT%TZ)" --end-time "$(date -u -d '+1 hour' +%FT%TZ)"
}

clean_up() {
    say "everything in reverse"
    aws cloudwatch delete-alarms --alarm-names "errors-$SUFFIX" "queue-depth-$SUFFIX" "duration-$SUFFIX"
    aws s3api put-bucket-notification-configuration --bucket "$BUCKET" --notification-configuration '{}'
    aws lambda delete-event-source-mapping --uuid "$MAPPING" --query State
    aws lambda delete-function --function-name "$HANDLER"
    aws lambda delete-function --function-name "$PROCESSOR"
    for function in "$PROCESSOR" "$HANDLER"; do
        aws logs delete-log-group --log-group-name "/aws/lambda/$function"
    done
    aws iam delete-role-policy --role-name "$ROLE" --policy-name data-processing
    aws iam detach-role-policy --role-name "$ROLE" \
        --policy-arn arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole
    aws iam delete-role --role-name "$ROLE"
    sqs delete-queue --queue-url "$QUEUE_URL"
    aws sns delete-topic --topic-arn "$TOPIC"
    delete_versions
    aws s3 rb "s3://$BUCKET"
    rm "$names"
}

# A bucket can be deleted when none of its versions is left.
delete_versions() {
    local versions
    while versions=$(aws s3api list-object-versions --bucket "$BUCKET" --max-items 500 --output json \
        --query '{Quiet: `true`, Objects: [Versions, DeleteMarkers][] | [].{Key: Key, VersionId: VersionId}}') &&
        [ "$(jq_length "$versions")" != 0 ]; do
        aws s3api delete-objects --bucket "$BUCKET" --delete "$versions"
    done
}

jq_length() { python3 -c 'import json, sys; print(len(json.loads(sys.argv[1])["Objects"] or []))' "$1"; }

case ${1:-} in
set-up) set_up "${2:?walkthrough.sh set-up EMAIL}" ;;
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
