"""Connections being opened, each in a thread, so that none in use waits for a new one."""

import socket
import ssl
import threading
from queue import SimpleQueue

from newsletter.mail.smtp_connection import CannotConnect, Greeted, connect
from newsletter.mail.smtp_timeouts import Timeouts
from newsletter.mail.smtp_url import Relay

Opened = Greeted | CannotConnect


class Openings:
    """Opens connections; `wakes` becomes readable when one is open or has failed."""

    def __init__(self, tls_context: ssl.SSLContext, timeouts: Timeouts) -> None:
        self._tls_context = tls_context
        self._timeouts = timeouts
        self._done: SimpleQueue[Opened] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self.wakes, self._waker = socket.socketpair()
        self.pending = 0

    def open(self, relay: Relay) -> None:
        """Begin to open a connection."""
        self.pending += 1
        threading.Thread(target=self._open, args=(relay,), daemon=True).start()

    def finished(self) -> list[Opened]:
        """Return what has come of openings since the last call."""
        self.wakes.recv(1024)
        found = []
        while not self._done.empty():
            found.append(self._done.get())
            self.pending -= 1
        return found

    def close(self) -> None:
        """Leave the openings: what still comes of them is closed at once."""
        with self._lock:
            self._closed = True
            self.wakes.close()
            self._waker.close()
        while not self._done.empty():
            _hang_up(self._done.get())

    def _open(self, relay: Relay) -> None:
        opened: Opened
        try:
            opened = connect(relay, tls_context=self._tls_context, timeouts=self._timeouts)
        except CannotConnect as failure:
            opened = failure
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it
            opened = CannotConnect(relay, repr(error))
        with self._lock:
            if self._closed:
                _hang_up(opened)
                return
            self._done.put(opened)
            self._waker.send(b".")


def _hang_up(opened: Opened) -> None:
    if isinstance(opened, Greeted):
        opened.close()
