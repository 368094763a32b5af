"""A page of another origin uploads with a real browser: presigned PUT, forms, the JavaScript SDK."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from penstock.testing import LocalServer
from penstock.testing.server import ACCESS_KEY_ID, REGION, SECRET
from tests.browser.chromium import chromium, visit
from tests.browser.site import Site
from tests.kit.forms import presigned

pytestmark = pytest.mark.browser

BUCKET = "from-pages"


@pytest.fixture(scope="module", autouse=True)
def browser() -> str:
    return chromium()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture(scope="module")
def s3(server: LocalServer) -> Any:
    client = server.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.create_bucket(Bucket="closed")
    return client


def allow(s3: Any, origin: str, *methods: str) -> None:
    rule = {
        "AllowedOrigins": [origin],
        "AllowedMethods": list(methods),
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag", "x-amz-checksum-crc32"],  # the SDK repeats both when it completes an upload
        "MaxAgeSeconds": 60,
    }
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [rule]})


def put_url(server: LocalServer, bucket: str, **params: Any) -> str:
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    signer = server.client("s3", config=config)
    return str(signer.generate_presigned_url("put_object", Params={"Bucket": bucket, **params}))


def test_a_page_puts_to_a_presigned_url_and_reads_what_the_rule_exposes(
    server: LocalServer, s3: Any, site: Site, tmp_path: Path
) -> None:
    allow(s3, site.origin, "PUT")
    url = put_url(server, BUCKET, Key="put", ContentType="text/plain", Metadata={"by": "page"})
    script = """
      const headers = { "Content-Type": "text/plain", "x-amz-meta-by": "page" };
      const answer = await fetch(config.url, { method: "PUT", body: "hello", headers });
      const shown = (name) => answer.headers.get(name);
      return { status: answer.status, etag: shown("etag"), hidden: shown("x-amz-request-id") };
    """
    told = visit(site, site.show(script, {"url": url}), tmp_path / "profile")
    assert told == {"status": 200, "etag": f'"{hashlib.md5(b"hello").hexdigest()}"', "hidden": None}
    found = s3.get_object(Bucket=BUCKET, Key="put")
    assert (found["Body"].read(), found["Metadata"]) == (b"hello", {"by": "page"})


def test_a_page_that_no_rule_names_neither_writes_nor_reads(
    server: LocalServer, s3: Any, site: Site, tmp_path: Path
) -> None:
    allow(s3, "http://elsewhere.example.com", "PUT", "GET")
    s3.put_object(Bucket=BUCKET, Key="secret", Body=b"x")
    read = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "secret"})
    script = """
      const tried = (url, method) =>
        fetch(url, { method }).then((answer) => `answered ${answer.status}`, (error) => error.name);
      return [await tried(config.put, "PUT"), await tried(config.closed, "PUT"), await tried(config.read, "GET")];
    """
    urls = {
        "put": put_url(server, BUCKET, Key="no"),
        "closed": put_url(server, "closed", Key="no"),
        "read": read,
    }
    told = visit(site, site.show(script, urls), tmp_path / "profile")
    assert told == ["TypeError"] * 3
    for bucket in (BUCKET, "closed"):
        with pytest.raises(ClientError, match="404"):
            s3.head_object(Bucket=bucket, Key="no")


def test_a_page_reads_why_it_was_refused(server: LocalServer, s3: Any, site: Site, tmp_path: Path) -> None:
    allow(s3, site.origin, "PUT")
    script = """
      const answer = await fetch(config.url, { method: "PUT", body: "x", headers: { "x-amz-acl": "public-read" } });
      return { status: answer.status, text: await answer.text() };
    """
    told = visit(site, site.show(script, {"url": put_url(server, BUCKET, Key="k")}), tmp_path / "profile")
    assert told["status"] == 403
    assert "<Code>AccessDenied</Code>" in told["text"]


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_page_posts_a_form_and_reads_the_document(
    server: LocalServer, s3: Any, site: Site, tmp_path: Path, version: str
) -> None:
    allow(s3, site.origin, "POST")
    stated = {"success_action_status": "201", "Content-Type": "text/plain"}
    conditions = [*({name: value} for name, value in stated.items()), ["content-length-range", 1, 1000]]
    fields = presigned(server, BUCKET, "posted/${filename}", version, Fields=stated, Conditions=conditions)
    script = """
      const form = new FormData();
      for (const [name, value] of Object.entries(config.fields)) form.append(name, value);
      form.append("file", new File(["hello"], "grüße \\"1\\".txt", { type: "text/html" }));
      const answer = await fetch(config.url, { method: "POST", body: form });
      const found = new DOMParser().parseFromString(await answer.text(), "text/xml");
      return { status: answer.status, key: found.querySelector("Key").textContent };
    """
    config = {"url": f"{server.endpoint}/{BUCKET}", "fields": fields}
    told = visit(site, site.show(script, config), tmp_path / "profile")
    assert told == {
        "status": 201,
        "key": "posted/grüße %221%22.txt",
    }  # so do browsers write a quote in a name
    found = s3.get_object(Bucket=BUCKET, Key=told["key"])
    assert (found["Body"].read(), found["ContentType"]) == (b"hello", "text/plain")


def test_a_form_of_plain_html_leads_back_to_its_site(
    server: LocalServer, s3: Any, site: Site, tmp_path: Path
) -> None:
    s3.delete_bucket_cors(Bucket=BUCKET)  # a form needs no rule: nobody reads the answer
    done = {"success_action_redirect": f"{site.origin}/done"}
    fields = presigned(server, BUCKET, "html", Fields=done, Conditions=[done])
    script = """
      const form = document.createElement("form");
      Object.assign(form, { method: "post", action: config.url, enctype: "multipart/form-data" });
      for (const [name, value] of [...Object.entries(config.fields), ["file", "typed text"]]) {
        const input = document.createElement("textarea");
        Object.assign(input, { name, value });
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    """
    config = {"url": f"{server.endpoint}/{BUCKET}", "fields": fields}
    told = visit(site, site.show(script, config), tmp_path / "profile")
    etag = f'"{hashlib.md5(b"typed text").hexdigest()}"'
    assert told == {"bucket": BUCKET, "key": "html", "etag": etag}
    assert s3.get_object(Bucket=BUCKET, Key="html")["Body"].read() == b"typed text"


@pytest.mark.parametrize("path_style", [True, False])
def test_the_javascript_sdk_uploads_in_parts(
    server: LocalServer, s3: Any, sdk: Path, tmp_path: Path, path_style: bool
) -> None:
    endpoint = server.endpoint.replace("127.0.0.1", "localhost")
    config = {
        "bucket": BUCKET,
        "key": f"parts-{path_style}",
        "client": {
            "endpoint": endpoint,
            "region": REGION,
            "forcePathStyle": path_style,
            "credentials": {"accessKeyId": ACCESS_KEY_ID, "secretAccessKey": SECRET},
        },
    }
    script = """
      const { S3Client, Upload, GetObjectCommand, HeadObjectCommand } = await import("/sdk.js");
      const client = new S3Client(config.client);
      const where = { Bucket: config.bucket, Key: config.key };
      const body = new Blob([new Uint8Array(12 * 1024 * 1024).map((_, index) => index % 251)]);
      const upload = new Upload({ client, params: { ...where, Body: body, ContentType: "x/y" }, queueSize: 2 });
      const done = await upload.done();
      const head = await client.send(new HeadObjectCommand(where));
      const tail = await client.send(new GetObjectCommand({ ...where, Range: "bytes=-3" }));
      const missing = new GetObjectCommand({ ...where, Key: "missing" });
      const refused = await client.send(missing).catch((error) => error.name);
      const last = [...await tail.Body.transformToByteArray()];
      return { etag: done.ETag, length: head.ContentLength, kind: head.ContentType, last, refused };
    """
    whole = bytes(index % 251 for index in range(12 * 1024 * 1024))
    with Site(sdk) as site:
        allow(s3, site.origin, "PUT", "POST", "GET", "HEAD", "DELETE")
        told = visit(site, site.show(script, config), tmp_path / "profile")
    assert "failed" not in told, told
    assert told["etag"].endswith('-3"'), told
    assert (told["length"], told["kind"], told["last"]) == (len(whole), "x/y", list(whole[-3:]))
    assert told["refused"] == "NoSuchKey"
    assert s3.get_object(Bucket=BUCKET, Key=config["key"])["Body"].read() == whole
