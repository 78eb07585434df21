"""A small S3 server that enforces what moto's does not, and fails in every way a test asks for.

It refuses requests without a signature in their headers, bodies that do not match their checksums, objects without
SSE-KMS, and reads without a range. What the store does not send, it does not know.
"""

import base64
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Literal
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

from attrs import define, field, frozen

KMS_KEY = "strict-key"
BUCKET = "strict"

Operation = Literal["PutObject", "GetObject", "HeadObject", "ListVersions", "DeleteObjects", "DeleteObject", "Bucket"]
Fault = Literal[
    "kms_disabled",
    "slow_down",
    "denied",
    "moved",
    "corrupted",
    "lost_answer",
    "cut_body",
    "short_body",
    "wrong_range",
    "no_range",
    "changed",
    "never_answers",
    "hangs_up",
]
_ERRORS: Final[dict[Fault, tuple[int, str]]] = {
    "kms_disabled": (400, "KMS.DisabledException"),
    "slow_down": (503, "SlowDown"),
    "denied": (403, "AccessDenied"),
    "moved": (301, "PermanentRedirect"),
}


@frozen
class Version:
    """One version of an object."""

    id: str
    body: bytes
    checksum: str

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.id.encode() + self.body).hexdigest()[:32]}"'


@define
class StrictS3:
    """What the server holds, what it was asked, and how it fails next.

    `faults` are taken one after the other by the requests of an operation; the last one stays if it is in `always`.
    """

    url: str
    objects: dict[str, list[Version]] = field(factory=dict)
    requests: list[Operation] = field(factory=list)
    faults: dict[Operation, list[Fault]] = field(factory=dict)
    always: dict[Operation, Fault] = field(factory=dict)
    hanging: threading.Event = field(factory=threading.Event)
    released: threading.Event = field(factory=threading.Event)
    lock: threading.Lock = field(factory=threading.Lock)

    def fault(self, operation: Operation) -> Fault | None:
        self.requests.append(operation)
        waiting = self.faults.get(operation)
        return waiting.pop(0) if waiting else self.always.get(operation)

    def put(self, name: str, body: bytes) -> Version:
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        versions = self.objects.setdefault(name, [])
        versions.append(Version(f"v{sum(map(len, self.objects.values()))}-{name[-4:]}", body, checksum))
        return versions[-1]


@contextmanager
def strict_s3() -> Iterator[StrictS3]:
    """A server on a free port of this machine."""

    class Handler(_Handler):
        pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Handler.s3 = StrictS3(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Handler.s3
    finally:
        Handler.s3.released.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    s3: StrictS3

    def do_PUT(self) -> None:
        length = self.headers.get("Content-Length")
        body = self.rfile.read(int(length or 0))
        fault = self._begun("PutObject")
        if fault == "answered":
            return None
        if fault == "corrupted":
            body = body[:-1] + bytes([body[-1] ^ 1])
        actual = hashlib.sha256(body)
        signed = self.headers.get("x-amz-content-sha256")
        if length is None or signed is None or self.headers.get("Transfer-Encoding"):
            return self._error(411, "MissingContentLength")
        checksum = self.headers.get("x-amz-checksum-sha256")
        if checksum is None:
            return self._error(400, "InvalidRequest")
        if signed not in ("UNSIGNED-PAYLOAD", actual.hexdigest()) and fault != "corrupted":
            return self._error(400, "XAmzContentSHA256Mismatch")
        if checksum != base64.b64encode(actual.digest()).decode():
            return self._error(400, "BadDigest")
        if self.headers.get("x-amz-server-side-encryption") != "aws:kms":
            return self._error(403, "AccessDenied")
        if self.headers.get("x-amz-server-side-encryption-aws-kms-key-id") != KMS_KEY:
            return self._error(400, "KMS.NotFoundException")
        if self.headers.get("If-None-Match") != "*":
            return self._error(501, "NotImplemented")
        with self.s3.lock:
            taken = bool(self.s3.objects.get(self._name))
            stored = None if taken else self.s3.put(self._name, body)
        if fault == "lost_answer":
            return self._hang_up()
        if stored is None:
            return self._error(412, "PreconditionFailed")
        return self._answer(200, b"", {"ETag": stored.etag, "x-amz-version-id": stored.id})

    def do_HEAD(self) -> None:
        operation: Operation = "HeadObject" if self._name else "Bucket"
        if self._begun(operation) == "answered":
            return None
        if operation == "Bucket":
            return self._answer(200, b"", {})
        found = self._latest()
        if found is None:
            return self._error(404, "NoSuchKey")
        headers = {"ETag": found.etag, "x-amz-version-id": found.id}
        if self.headers.get("x-amz-checksum-mode") == "ENABLED":
            headers["x-amz-checksum-sha256"] = found.checksum
        return self._answer(200, b"", headers, length=len(found.body))

    def do_GET(self) -> None:
        if not self._name:
            return self._list_versions() if "versions" in self._query else self._setting()
        fault = self._begun("GetObject")
        if fault == "answered":
            return None
        found = self._latest()
        if found is None:
            return self._error(404, "NoSuchKey")
        if fault == "changed":
            found = self.s3.put(self._name, found.body)
        if self.headers.get("If-Match") not in (None, found.etag):
            return self._error(412, "PreconditionFailed")
        unit, _, bounds = self.headers.get("Range", "").partition("=")
        if unit != "bytes":
            return self._error(400, "InvalidRequest")
        start, stop = (int(bound) for bound in bounds.split("-"))
        if start >= len(found.body):
            return self._error(416, "InvalidRange")
        body, size = found.body[start : stop + 1], len(found.body)
        headers = {"ETag": found.etag, "Content-Range": f"bytes {start}-{start + len(body) - 1}/{size}"}
        if fault == "no_range":
            return self._answer(200, found.body, {"ETag": found.etag})
        if fault == "wrong_range":
            headers["Content-Range"] = f"bytes {start + 1}-{start + len(body)}/{size}"
        if fault == "short_body":
            body = body[:-1]
        if fault == "cut_body":
            self._answer(206, body[: len(body) // 2], headers, length=len(body))
            return self._hang_up()
        return self._answer(206, body, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self._begun("DeleteObjects") == "answered":
            return
        kept = self.s3.always.get("DeleteObject") == "denied"  # one by one, within a request that is allowed
        answer = ""
        for one in ElementTree.fromstring(body).iter("{http://s3.amazonaws.com/doc/2006-03-01/}Object"):
            name, version = (one.findtext(f"{{http://s3.amazonaws.com/doc/2006-03-01/}}{tag}") for tag in _OBJECT_TAGS)
            if kept:
                answer += f"<Error><Key>{name}</Key><Code>AccessDenied</Code><Message>no</Message></Error>"
            else:
                self._delete(name or "", version or "")
        self._answer(200, f"<DeleteResult>{answer}</DeleteResult>".encode(), {})

    def do_DELETE(self) -> None:
        if self._begun("DeleteObject") != "answered":
            self._delete(self._name, self._query["versionId"][0])
            self._answer(204, b"", {})

    def log_message(self, *args: object) -> None:
        pass

    @property
    def _name(self) -> str:
        return urlsplit(self.path).path.removeprefix(f"/{BUCKET}").removeprefix("/")

    @property
    def _query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.path).query, keep_blank_values=True)

    def _latest(self) -> Version | None:
        versions = self.s3.objects.get(self._name)
        return versions[-1] if versions else None

    def _delete(self, name: str, version: str) -> None:
        self.s3.objects[name] = [one for one in self.s3.objects.get(name, ()) if one.id != version]

    def _list_versions(self) -> None:
        if self._begun("ListVersions") == "answered":
            return
        prefix = self._query["prefix"][0]
        found = "".join(
            f"<Version><Key>{quote(name)}</Key><VersionId>{one.id}</VersionId></Version>"
            for name, versions in self.s3.objects.items()
            for one in versions
            if name.startswith(prefix)
        )
        answer = f"<ListVersionsResult><EncodingType>url</EncodingType>{found}</ListVersionsResult>"
        self._answer(200, answer.encode(), {})

    def _setting(self) -> None:
        if self._begun("Bucket") != "answered":
            self._error(404, "NoSuchConfiguration")

    def _begun(self, operation: Operation) -> Fault | Literal["answered"] | None:
        """Note the request; what else is to go wrong with it, or that it was answered."""
        fault = self.s3.fault(operation)
        by_header = self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 ")
        if not by_header or "X-Amz-Signature" in self._query:
            self._error(403, "SignatureMissing")
        elif fault == "never_answers":
            self.s3.hanging.set()
            self.s3.released.wait(60)
            self._hang_up()
        elif fault == "hangs_up":
            self._hang_up()
        elif fault in _ERRORS:
            self._error(*_ERRORS[fault])
        else:
            return fault
        return "answered"

    def _error(self, status: int, code: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
        self._answer(status, b"" if self.command == "HEAD" else body, {"Content-Type": "application/xml"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


_OBJECT_TAGS = ("Key", "VersionId")
