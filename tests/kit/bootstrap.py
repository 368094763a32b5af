"""A runtime of its own for tests, for bash, which every machine has: it asks the Runtime API itself."""

import io
import zipfile

BOOTSTRAP = r"""#!/bin/bash
ADDRESS=${AWS_LAMBDA_RUNTIME_API%%/*}
REASON="Lambda-Runtime-Function-Error-Type: Own.Reason"
PREFIX=/${AWS_LAMBDA_RUNTIME_API#*/}
call() {  # method, path, body, header
    exec 3<>"/dev/tcp/${ADDRESS%:*}/${ADDRESS#*:}"
    printf '%s %s HTTP/1.1\r\nHost: runtime\r\nConnection: close\r\nContent-Length: %s\r\n%s\r\n%s' \
        "$1" "$PREFIX/2018-06-01/runtime/$2" "${#3}" "${4:+$4$'\r\n'}" "$3" >&3
    while IFS= read -r line <&3; do
        line=${line%$'\r'}
        [ -z "$line" ] && break
        case "${line,,}" in lambda-runtime-aws-request-id:*) ID=${line#*: } ;; esac
    done
    BODY=$(cat <&3)
    exec 3>&-
}
chunk() {
    printf '%x\r\n%s\r\n' ${#1} "$1" >&3
}
stream() {  # kind, port: writes a piece, and goes on with the line that it is sent
    exec 3<>"/dev/tcp/${ADDRESS%:*}/${ADDRESS#*:}" 4<>"/dev/tcp/127.0.0.1/$2"
    TYPE=text/own
    [ "$1" = described ] && TYPE=application/vnd.awslambda.http-integration-response
    printf 'POST %s HTTP/1.1\r\nHost: runtime\r\nConnection: close\r\n' \
        "$PREFIX/2018-06-01/runtime/invocation/$ID/response" >&3
    printf 'Transfer-Encoding: chunked\r\nContent-Type: %s\r\n' "$TYPE" >&3
    printf 'Lambda-Runtime-Function-Response-Mode: streaming\r\n\r\n' >&3
    if [ "$1" = described ]; then
        HEAD='{"statusCode": 207, "headers": {"x-own": "yes"}, "cookies": ["a=b"]}'
        printf '%x\r\n%s\0\0\0\0\0\0\0\0\r\n' $((${#HEAD} + 8)) "$HEAD" >&3
    fi
    chunk "first "
    IFS= read -r line <&4
    chunk "$line"
    [ "$1" = exit ] && exit 3
    [ "$1" = cut ] || { printf '0\r\n\r\n' >&3; cat <&3 >/dev/null; }
    exec 3>&- 4>&-
}
echo "started for $_HANDLER"
if [ "$_HANDLER" = broken ]; then
    call POST init/error "" "Lambda-Runtime-Function-Error-Type: Own.NoSuchHandler"
    exit 1
fi
while true; do
    call GET invocation/next ""
    echo "got $BODY"
    if [[ $BODY =~ stream\ ([a-z]+)\ ([0-9]+) ]]; then
        stream "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
        continue
    fi
    case "$BODY" in
        '"fail"') call POST "invocation/$ID/error" "" "$REASON" ;;
        '"tell"') call POST "invocation/$ID/error" '{"errorType": "Told", "errorMessage": "so"}' "$REASON" ;;
        '"exit"') exit 7 ;;
        '"sleep"') sleep 600 ;;
        '"env"') call POST "invocation/$ID/response" "[\"$AWS_EXECUTION_ENV\", \"$PATH\", \"$PYTHONPATH\", \"$0\"]" ;;
        *) call POST "invocation/$ID/response" "$BODY" ;;
    esac
done
"""


def bootstrap(mode: int = 0o755, name: str = "bootstrap") -> dict[str, bytes]:
    """Returns the code of a function for an OS-only runtime, whose program has this mode and name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system, info.external_attr = 3, mode << 16
        archive.writestr(info, BOOTSTRAP)
    return {"ZipFile": buffer.getvalue()}
