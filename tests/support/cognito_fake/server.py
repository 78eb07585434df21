"""The fake as a server: the JSON 1.1 protocol over HTTP, handling one request at a time."""

import json
import logging
import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from . import administration, pools, recovery, second_factor, sessions, sign_in, sign_up  # noqa: F401 (they register)
from .errors import Refusal
from .faults import DROPPED, HTTP_500, TIMEOUT, Fault, Faults
from .records import Call, SentCode
from .shapes import check_request, encode_answer, error_names, operation_model
from .signature import check_signature
from .tokens import jwks, signing_keys
from .world import OPERATIONS, World

_TARGET = "AWSCognitoIdentityProviderService."
_START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
_log = logging.getLogger(__name__)


class CognitoFake:
    """A strict Cognito user pool service on a free port of 127.0.0.1, for the duration of its `with` block.

    Time does not pass until `advance`; if `clock` is given, it sets the time (and `advance` adds to it). `secrets` are
    the IAM keys that may sign: secret access key by access key id.
    """

    def __init__(
        self, *, clock: Callable[[], datetime] = lambda: _START, secrets: Mapping[str, str] | None = None
    ) -> None:
        self._clock = clock
        self._ahead = timedelta()
        self.secrets = dict(secrets or {"x": "y"})
        self.faults = Faults()
        self.lock = threading.Lock()
        self.closing = threading.Event()
        signing_keys()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.world = World(self.now, self.url)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def now(self) -> datetime:
        """The fake's current time in UTC, used for expiry, lockout, TOTP and token claims."""
        return self._clock() + self._ahead

    def advance(self, seconds: float) -> None:
        """Advance the time."""
        self._ahead += timedelta(seconds=seconds)

    @property
    def outbox(self) -> list[SentCode]:
        """Every mail, oldest first."""
        return self.world.outbox

    @property
    def calls(self) -> list[Call]:
        """Every request for a known operation, oldest first, refused and retried ones included."""
        return self.world.calls

    def fail_next(self, operation: str, kind: str, *, times: int = 1, applied: bool = False) -> None:
        """Make the next `times` calls of an operation fail; see `Fault`.

        boto3 retries http500, timeout, dropped and throttling by itself, five attempts in all unless configured.
        """
        self.faults.add(operation, Fault(kind, applied), times)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    fake: CognitoFake


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        fake = self.server.fake
        pool_id, _, rest = self.path.lstrip("/").partition("/")
        issuer = f"{fake.url}/{pool_id}"
        documents = {
            ".well-known/jwks.json": jwks(),
            ".well-known/openid-configuration": {"issuer": issuer, "jwks_uri": f"{issuer}/.well-known/jwks.json"},
        }
        if pool_id in fake.world.pools and rest in documents:
            self._send(200, documents[rest], "application/json")
        else:
            self._send(404, {"message": "Not found"}, "application/json")

    def do_POST(self) -> None:
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = self.headers.get("X-Amz-Target", "").removeprefix(_TARGET)
        fault = fake.faults.take(name)
        status, answer = 200, None
        if fault is None or fault.applied:
            with fake.lock:
                status, answer = self._perform(name, body)
        elif operation_model(name) is not None:
            fake.calls.append(Call(name, _username(fake.world, _decoded(body))))
        if fault is None:
            self._send(status, answer)
        elif fault.kind in (TIMEOUT, DROPPED):
            if fault.kind == TIMEOUT:
                fake.closing.wait()
            self.close_connection = True
        elif fault.kind == HTTP_500:
            self._send(500, {"__type": "InternalErrorException", "message": "Internal server error"})
        else:
            self._send(400, {"__type": fault.kind, "message": "A fault that the test asked for"})

    def _perform(self, name: str, body: bytes) -> tuple[int, Any]:
        try:
            return 200, self._answer(name, body)
        except Refusal as refusal:
            model = operation_model(name)
            if model is not None and refusal.code not in error_names(model):
                _log.error("%s would answer %s, which Cognito never does", name, refusal)
                return 500, {"__type": "InternalErrorException", "message": f"the Cognito fake is wrong: {refusal}"}
            return refusal.status, {"__type": refusal.code, "message": refusal.message}
        except Exception as error:
            _log.exception("the Cognito fake failed on %s", name)
            return 500, {"__type": "InternalErrorException", "message": f"the Cognito fake is wrong: {error!r}"}

    def _answer(self, name: str, body: bytes) -> Any:
        fake = self.server.fake
        model, operation = operation_model(name), OPERATIONS.get(name)
        if model is None or operation is None:
            raise Refusal("UnknownOperationException", f"{name or 'nothing'} is not an operation of the Cognito fake")
        request = _decoded(body)
        fake.calls.append(Call(name, _username(fake.world, request)))
        if model.auth_type != "none":
            check_signature(
                fake.secrets,
                f"{fake.url}{self.path}",
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )
        check_request(model, request)
        return encode_answer(model, operation(fake.world, request))

    def _send(self, status: int, answer: Any, kind: str = "application/x-amz-json-1.1") -> None:
        body = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Log nothing: requests carry passwords."""


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Refusal("SerializationException", "the body is not JSON") from error


def _username(world: World, request: Any) -> str | None:
    """The user name that a request names itself, if any."""
    if not isinstance(request, dict):
        return None
    if "AccessToken" in request:
        try:
            return str(world.tokens.claims(request["AccessToken"]).get("username"))
        except Refusal:
            return None
    inner = request.get("AuthParameters") or request.get("ChallengeResponses") or {}
    named = request.get("Username") or inner.get("USERNAME")
    return None if named is None else str(named)
