"""A connection to an SMTP relay that another thread can cut."""

import smtplib
import socket
import ssl
from contextlib import suppress
from threading import Lock
from typing import Any

from attrs import define, field

REPLY_SECONDS = 30.0
"""For connecting, and for each reply."""


@define
class Connection:
    """Opens one connection. Once it is cut, everything that waits for the relay fails, and so does opening it."""

    _lock: Any = field(init=False, factory=Lock)
    _socket: socket.socket | None = field(init=False, default=None)
    _is_cut: bool = field(init=False, default=False)

    def open(self, host: str, port: int, tls: ssl.SSLContext | None) -> smtplib.SMTP:
        """Connect, by TLS from the start if `tls` is given.

        Raises:
            OSError: the relay does not respond, refuses the connection, or the certificate is not valid.
        """
        try:
            return _Relay(self, host, port, tls)
        except BaseException:
            self.close()
            raise

    def opened(self, plain: socket.socket) -> None:
        """Remember the socket, by a duplicate: TLS takes the first one's place.

        Raises:
            TimeoutError: it was cut before.
        """
        with self._lock:
            if self._is_cut:
                raise TimeoutError
            self._socket = plain.dup()

    def cut(self) -> None:
        """Shut the connection down, now or as soon as it opens."""
        with self._lock:
            self._is_cut = True
            if self._socket is not None:
                with suppress(OSError):  # the relay was faster
                    self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Release the socket."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


class _Relay(smtplib.SMTP):
    def __init__(self, connection: Connection, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self._connection, self._tls = connection, tls
        super().__init__(host, port, timeout=REPLY_SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        try:
            self._connection.opened(plain)
            return self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain
        except BaseException:
            plain.close()
            raise
