"""A minimal SMTP relay that fails in the configured way."""

import email
import email.policy
import socketserver
from collections.abc import Iterator
from email.message import EmailMessage
from threading import Thread
from typing import Literal

DeliveryBehavior = Literal["accepts", "rejects", "is_busy", "accepts_then_drops"]


class SmtpRelay(socketserver.ThreadingTCPServer):
    """Listens on a free local port. `taken` holds the recipients and messages that it accepted."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Dialogue)
        self.behavior: DeliveryBehavior = "accepts"
        self.taken: list[tuple[tuple[str, ...], EmailMessage]] = []
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def stop(self) -> None:
        """Stops listening."""
        self.shutdown()
        self.server_close()


class _Dialogue(socketserver.StreamRequestHandler):
    server: SmtpRelay

    def handle(self) -> None:
        recipients: list[str] = []
        self._say("220 relay.example ready")
        for line in self._lines():
            match line.partition(" ")[0].upper():
                case "RCPT" if self.server.behavior == "rejects":
                    self._say("550 no such mailbox")
                case "RCPT" if self.server.behavior == "is_busy":
                    self._say("451 try again later")
                case "RCPT":
                    recipients.append(line.partition("<")[2].partition(">")[0])
                    self._say("250 ok")
                case "DATA":
                    self._say("354 start mail input")
                    self._take(tuple(recipients))
                    if self.server.behavior == "accepts_then_drops":
                        return
                    self._say(f"250 queued as {len(self.server.taken)}")
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _take(self, recipients: tuple[str, ...]) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.server.taken.append((recipients, message))

    def _lines(self) -> Iterator[str]:
        while line := self.rfile.readline():
            yield line.decode("ascii", "replace").strip()

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())
