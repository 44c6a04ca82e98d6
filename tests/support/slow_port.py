"""A port before another one, on which every answer takes a moment longer.

Databases in a cluster are a network away. Races between a server's requests show only then.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress


class SlowPort:
    """Forwards connections from `port`; `seconds` may be changed at any time."""

    def __init__(self, port: int, seconds: float) -> None:
        self.port, self.seconds = port, seconds


@contextmanager
def slow_port(target: int, seconds: float = 0.0) -> Iterator[SlowPort]:
    """Forward a new loopback port to the target, and delay what that sends back."""
    with ExitStack() as connections, socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        slow = SlowPort(listener.getsockname()[1], seconds)

        def accept() -> None:
            with suppress(OSError):  # the listener is closed
                while True:
                    client = connections.enter_context(listener.accept()[0])
                    server = connections.enter_context(
                        socket.create_connection(("127.0.0.1", target))
                    )
                    for ends in ((client, server, False), (server, client, True)):
                        threading.Thread(target=_forward, args=(slow, *ends), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield slow
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _forward(slow: SlowPort, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
    for end in (source, sink):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with suppress(OSError):  # either end has closed the connection
        while content := source.recv(65536):
            if is_answer and slow.seconds:
                time.sleep(slow.seconds)
            sink.sendall(content)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
