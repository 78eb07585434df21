"""A small SMTP relay on this machine that fails in the configured way, with STARTTLS or TLS from the start."""

import base64
import email
import email.policy
import socketserver
import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from threading import Thread
from typing import Any, Literal

RelayBehavior = Literal[
    "accepts",
    "rejects",
    "is_busy",
    "accepts_then_drops",
    "rejects_sender",
    "rejects_content",
    "wants_sign_in",
    "answers_nonsense_to_content",
    "drops_at_quit",
    "names_the_recipient",
    "never_ends_a_reply",
]


class SmtpRelay(socketserver.ThreadingTCPServer):
    """Listens on a free local port. `taken` holds the recipients and messages that it accepted.

    `tls` turns on STARTTLS, or TLS from the start with `implicit`. `users` are the passwords of those who may sign in;
    with none, nobody needs to. `said_before_tls` are the commands that came in the clear.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self, tls: ssl.SSLContext | None = None, *, implicit: bool = False, users: dict[str, str] | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.tls, self.implicit, self.users = tls, implicit, users or {}
        self.behavior: RelayBehavior = "accepts"
        self.taken: list[tuple[tuple[str, ...], EmailMessage]] = []
        self.said_before_tls: list[str] = []
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def stop(self) -> None:
        """Stops listening."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error of the relay."""


class _Dialogue(socketserver.StreamRequestHandler):
    server: SmtpRelay

    def setup(self) -> None:
        super().setup()
        self.encrypted = self.greeted = False
        if self.server.implicit:
            self._start_tls()

    def handle(self) -> None:
        recipients: list[str] = []
        self._say("220 relay.example ready")
        for line in self._lines():
            match line.partition(" ")[0].upper(), self.server.behavior:
                case "EHLO", "never_ends_a_reply":
                    while True:
                        self._say("250-more")
                case "EHLO", _:
                    self.greeted = True
                    for word in ("250-relay.example", *self._extensions(), "250 SIZE"):
                        self._say(word)
                case "STARTTLS", _ if self.server.tls is not None:
                    self._say("220 go ahead")
                    self._start_tls()
                case "AUTH", _:
                    self._say("235 welcome" if self._signs_in(line) else "535 5.7.8 wrong user or password")
                case "MAIL", _ if not self.greeted:
                    self._say("503 say EHLO first")
                case "MAIL", "rejects_sender":
                    self._say("550 no such sender")
                case "RCPT", "rejects":
                    self._say("550 no such mailbox")
                case "RCPT", "wants_sign_in":
                    self._say("530 5.7.0 sign in first")
                case "RCPT", "is_busy":
                    self._say("451 try again later")
                case "RCPT", _:
                    recipients.append(line.partition("<")[2].partition(">")[0])
                    self._say("250 ok")
                case "DATA", behavior:
                    self._say("354 start mail input")
                    message = self._read_message()
                    if behavior == "rejects_content":
                        self._say("554 spam")
                        continue
                    self.server.taken.append((tuple(recipients), message))
                    if behavior == "accepts_then_drops":
                        return
                    if behavior == "answers_nonsense_to_content":
                        self._say("what?")
                        continue
                    to = f"<{recipients[0]}> " if behavior == "names_the_recipient" else ""
                    self._say(f"250 {to}queued as {len(self.server.taken)}")
                case "QUIT", "drops_at_quit":
                    return
                case "QUIT", _:
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _extensions(self) -> list[str]:
        starttls = ["250-STARTTLS"] if self.server.tls is not None and not self.encrypted else []
        return [*starttls, *(["250-AUTH PLAIN"] if self.server.users else [])]

    def _start_tls(self) -> None:
        assert self.server.tls is not None
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.encrypted, self.greeted = True, False
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)  # type: ignore[assignment]

    def _signs_in(self, line: str) -> bool:
        _, user, password = base64.b64decode(line.split()[-1]).decode().split("\0")
        return self.server.users.get(user) == password

    def _read_message(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def _lines(self) -> Iterator[str]:
        while line := self.rfile.readline():
            said = line.decode("ascii", "replace").strip()
            if not self.encrypted:
                self.server.said_before_tls.append(said)
            yield said

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())
