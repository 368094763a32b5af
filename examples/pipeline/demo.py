"""The whole event path in a quarter of a minute, on a real server: ``make demo``.

Uploads the files of ``examples/data``; each upload invokes ``handler.py``, which writes a report. One file is
broken on purpose: its event is retried by AWS's ladder, with time moved forward instead of waited for, and ends in
the dead-letter queue. Exits 0 only when every report and the dead letter are there and right.
"""

import csv
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from resources import BUCKET, DEAD_LETTERS, create
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from server import Penstock

DATA = Path(__file__).resolve().parent.parent / "data"
BROKEN = "broken.json"
LADDER_S = (60, 120)  # AWS waits one minute before the second try and two before the third
_PIPED_WIDTH = 120


@dataclass
class Upload:
    """A file sent, and the report that came of it, if any."""

    path: Path
    sent_ms: float
    report_key: str = ""
    report: dict[str, Any] | None = None

    @property
    def key(self) -> str:
        """Returns its key in the bucket."""
        return f"data/{self.path.name}"


def main() -> int:
    """Runs the demo; returns 0 when everything it promises has happened."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    with tempfile.TemporaryDirectory(prefix="penstock-demo-") as folder, Penstock(Path(folder)) as penstock:
        console.print(f"[bold]Penstock[/] at {penstock.endpoint}, data in {folder}")
        queue_url = create(penstock)
        uploads = send_files(penstock, console)
        read_reports(penstock, uploads)
        console.print(table(uploads))
        missing = [text for upload in uploads for text in faults(upload)]
        missing += fail_on_purpose(penstock, queue_url, console)
        good = uploads[0]
        missing += show_trace(penstock, good.key, f"wrote s3://{BUCKET}/{good.report_key}", console)
        missing += show_trace(penstock, f"data/{BROKEN}", "dead letter in", console)
    console.print()
    for text in missing:
        console.print(f"[red]missing:[/] {text}")
    if not missing:
        console.print("[green]Every file has its report, and the broken one is in the dead-letter queue.[/]")
    return 1 if missing else 0


def send_files(penstock: Penstock, console: Console) -> list[Upload]:
    """Uploads every good file, each when the function has dealt with the one before."""
    s3 = penstock.client("s3")
    files = sorted(
        path for path in DATA.iterdir() if path.suffix in (".csv", ".json") and path.name != BROKEN
    )
    uploads = []
    columns = (TextColumn("uploading"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=len(files))
        for path in files:
            upload = Upload(path, time.time() * 1000)
            s3.upload_file(str(path), BUCKET, upload.key)
            penstock.settle()
            uploads.append(upload)
            progress.update(task, advance=1, description=path.name)
    return uploads


def read_reports(penstock: Penstock, uploads: list[Upload]) -> None:
    """Gives every upload the report found under its name."""
    s3 = penstock.client("s3")
    for upload in uploads:
        prefix = f"reports/{upload.path.name}-report-"
        for found in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", []):
            upload.report_key = found["Key"]
            upload.report = json.loads(s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read())


def table(uploads: list[Upload]) -> Table:
    """Returns one line for each file: what happened, and how soon after the upload began."""
    shown = Table(
        title="Milliseconds from PUT to handler start and to report; the first start is a cold one",
        title_justify="left",
    )
    shown.add_column("file → report", overflow="fold")
    for name in ("event", "rows", "handler", "report"):
        shown.add_column(name, justify="left" if name == "event" else "right")
    for upload in uploads:
        if upload.report is None:
            shown.add_row(upload.path.name, "[red]no report[/]")
            continue
        report = upload.report
        delays = [f"{_ms(report[name]) - upload.sent_ms:,.0f}" for name in ("handler_started", "time")]
        shown.add_row(
            f"{upload.path.name}\n[dim]→ {upload.report_key}[/]",
            report["event"],
            str(report["rows"]),
            *delays,
        )
    return shown


def _ms(iso_time: str) -> float:
    return datetime.fromisoformat(iso_time).timestamp() * 1000


def faults(upload: Upload) -> list[str]:
    """Returns what is wrong with the report, compared with the file on disk."""
    if upload.report is None:
        return [f"the report of {upload.path.name}"]
    rows, fields = contents(upload.path)
    expected = {
        "file": upload.path.name,
        "key": upload.key,
        "size": upload.path.stat().st_size,
        "rows": rows,
        "fields": fields,
        "status": "ok",
    }
    return [
        f"{name} {value!r} in the report of {upload.path.name}, which says {upload.report.get(name)!r}"
        for name, value in expected.items()
        if upload.report.get(name) != value
    ]


def contents(path: Path) -> tuple[int, list[str]]:
    """Returns the number of rows and the field names of a file."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
            return len(rows), header
    document = json.loads(path.read_text("utf-8"))
    rows = document if isinstance(document, list) else [document]
    return len(rows), sorted(set().union(*rows))


def fail_on_purpose(penstock: Penstock, queue_url: str, console: Console) -> list[str]:
    """Uploads the broken file and climbs the retry ladder; returns what did not happen."""
    started = time.perf_counter()
    penstock.client("s3").upload_file(str(DATA / BROKEN), BUCKET, f"data/{BROKEN}")
    penstock.settle()
    sqs = penstock.client("sqs")
    early = sqs.receive_message(QueueUrl=queue_url, VisibilityTimeout=0).get("Messages", [])
    for seconds in LADDER_S:
        penstock.advance(seconds)
        penstock.settle()
    messages = sqs.receive_message(QueueUrl=queue_url, MessageAttributeNames=["All"]).get("Messages", [])
    console.print(
        f"{sum(LADDER_S)} s of retries in {time.perf_counter() - started:.1f} s; {DEAD_LETTERS} holds:"
    )
    for message in messages:
        console.print(f"  {message['Body'][:90]}…", markup=False)
        for name, attribute in sorted(message.get("MessageAttributes", {}).items()):
            console.print(f"  {name} = {attribute['StringValue'][:160]}", markup=False)
    return [
        *(["patience: the dead letter came before the last try"] if early else []),
        *_dead_letter_faults(messages),
    ]


def _dead_letter_faults(messages: list[dict[str, Any]]) -> list[str]:
    if len(messages) != 1:
        return [f"exactly one dead letter; there are {len(messages)}"]
    record = json.loads(messages[0]["Body"])["Records"][0]
    attributes = messages[0].get("MessageAttributes", {})
    absent = [name for name in ("RequestID", "ErrorCode", "ErrorMessage") if name not in attributes]
    wrong_key = record["s3"]["object"]["key"] != f"data/{BROKEN}"
    return [f"{name} in the dead letter" for name in absent] + (
        ["the broken file's event"] if wrong_key else []
    )


def show_trace(penstock: Penstock, key: str, outcome: str, console: Console) -> list[str]:
    """Prints the story of an object; returns a fault when it does not tell of ``outcome``."""
    uri = f"s3://{BUCKET}/{key}"
    story = penstock.trace(uri)
    console.print(f"\n[bold]$ penstock trace '{uri}'[/]")
    console.print(story.rstrip(), markup=False, soft_wrap=True)
    return [] if outcome in story else [f"{outcome!r} in the story of {uri}"]


if __name__ == "__main__":
    sys.exit(main())
