"""Mail through an SMTP relay (RFC 5321), with one connection for each mail. Nothing is retried here."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from email.utils import format_datetime
from functools import partial
from typing import Final, Literal, TypeVar

from attrs import field, frozen, validators

from adapters.mime import mime
from adapters.smtp.connection import Connection
from portal_core.kernel.sources import Clock, IdSource
from portal_core.notifications.errors import MailError, MailNotSent, MailRefused, MailUncertain
from portal_core.notifications.ports import Mail, Mailer

R = TypeVar("R")
SmtpTls = Literal["starttls", "implicit", "off"]
CALL_SECONDS = 90.0
"""For a whole call. Shorter than `LEASE_DURATION`, after which another worker settles the notice."""

_ABOUT_THE_ACCOUNT: Final = {530, 534, 535, 538}
"""Replies about signing in (RFC 4954, section 6). The mail is not at fault, and the operator can mend them."""


@frozen
class SmtpMailer(Mailer):
    """Sends mail through the relay `host`, signed in as `user` unless that is empty.

    `tls`: STARTTLS, TLS from the start (RFC 8314), or none, which is for a relay on this machine only. The relay's
    certificate is verified by `context`, and nothing is said before TLS is on.
    """

    host: str = field(validator=validators.min_len(1))
    port: int
    from_address: str
    clock: Clock
    ids: IdSource
    user: str = ""
    password: str = field(default="", repr=False)
    tls: SmtpTls = "starttls"
    context: ssl.SSLContext = field(factory=ssl.create_default_context, repr=False, eq=False)
    call_seconds: float = CALL_SECONDS
    # smtplib blocks. The threads are of its own, so that a slow relay delays nothing but mail.
    _threads: ThreadPoolExecutor = field(init=False, factory=lambda: ThreadPoolExecutor(4, "smtp"), eq=False)

    async def send(self, mail: Mail) -> str:
        domain = self.from_address.rpartition("@")[2]
        # The relay need not add these (RFC 6409, section 8). The id is new for each attempt: a second code with the
        # id of the first would be taken for a copy of it.
        headers = {
            "Date": format_datetime(self.clock.now()),
            "Message-ID": f"<{mail.key}.{self.ids.new()}@{domain}>",
        }
        return await self._call(partial(self._send, mail.to, mime(mail, self.from_address, headers)))

    async def check(self) -> None:
        """Connect and sign in, without sending anything.

        Raises:
            OSError: the relay does not respond, its certificate is not valid, or it refuses the user or the password.
        """
        await self._call(self._check)

    async def _call(self, work: Callable[[Connection], R]) -> R:
        """Run `work` in a thread. After `call_seconds` the connection is cut, so that it fails where it waits."""
        connection, loop = Connection(), asyncio.get_running_loop()
        alarm = loop.call_later(self.call_seconds, connection.cut)
        try:
            return await loop.run_in_executor(self._threads, work, connection)
        finally:
            alarm.cancel()
            connection.cut()

    def _check(self, connection: Connection) -> None:
        with self._signed_in(connection):
            pass

    def _send(self, to: str, content: bytes, connection: Connection) -> str:
        try:
            with self._signed_in(connection) as relay:
                code, _ = relay.mail(self.from_address)
                if not _accepted(code):
                    raise MailNotSent(f"smtp_{code}")  # about the sender, which is a setting
                code, _ = relay.rcpt(to)
                if not _accepted(code):
                    raise _error_for(code)
                return _hand_over(relay, content)
        except (OSError, ValueError) as error:
            # The content was not transmitted yet. A ValueError is a password that cannot be sent.
            raise MailNotSent(_reason(error)) from error

    @contextmanager
    def _signed_in(self, connection: Connection) -> Iterator[smtplib.SMTP]:
        relay = connection.open(self.host, self.port, self.context if self.tls == "implicit" else None)
        try:
            if self.tls == "starttls":
                relay.starttls(context=self.context)
            if self.user:
                relay.login(self.user, self.password)
            relay.ehlo_or_helo_if_needed()
            yield relay
        finally:
            # What was decided stays decided, whatever the relay answers now.
            with suppress(OSError):
                relay.quit()
            relay.close()
            connection.close()


def _hand_over(relay: smtplib.SMTP, content: bytes) -> str:
    try:
        code, reply = relay.data(content)
    except smtplib.SMTPDataError as error:  # refused before the content was transmitted
        raise _error_for(error.smtp_code) from error
    except OSError as error:  # the relay may have the content, and did not reply
        raise MailUncertain(_reason(error)) from error
    if _accepted(code):
        return _reply_id(reply)
    if 400 <= code < 600:
        raise _error_for(code)
    raise MailUncertain(f"smtp_{code}")


def _accepted(code: int) -> bool:
    return 200 <= code < 300


def _error_for(code: int) -> MailError:
    """RFC 5321, 4.2.1: a 4yz failure is temporary, a 5yz failure is permanent."""
    if 500 <= code < 600 and code not in _ABOUT_THE_ACCOUNT:
        return MailRefused(f"smtp_{code}")
    return MailNotSent(f"smtp_{code}")


def _reason(error: Exception) -> str:
    """A code without the relay's text, which may hold an address."""
    return f"smtp_{error.smtp_code}" if isinstance(error, smtplib.SMTPResponseException) else type(error).__name__


def _reply_id(reply: bytes) -> str:
    """The relay's text on accepting a mail, which names its id for it; without words that could be an address."""
    words = reply.decode("ascii", "replace").split()
    return " ".join(word for word in words if "@" not in word)[:200] or "accepted"
