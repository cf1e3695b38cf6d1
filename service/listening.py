"""Taking the address a server listens on, before anything is begun that a taken port would end."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack

#: Connections that the kernel keeps until they are accepted.
_BACKLOG = 2_048


class CannotListen(OSError):
    """The address can't be had; the message says what to do."""


def listen(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of a host; who connects from now on is answered when a server is up."""
    with ExitStack() as made:
        try:
            # A host may be told twice.
            addresses = dict.fromkeys(
                (family, address)
                for family, _, _, _, address in socket.getaddrinfo(
                    host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
                )
            )
            sockets = [
                made.enter_context(socket.create_server(address, family=family, backlog=_BACKLOG))
                for family, address in addresses
            ]
        except OSError as fault:
            raise CannotListen(_told(host, port, fault)) from None
        made.pop_all()
    return sockets


def _told(host: str, port: int, fault: OSError) -> str:
    if fault.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is taken: something else listens there. "
            "Stop it, or choose another port with KETENSPOOR_PORT or --port"
        )
    return f"cannot listen on port {port} of {host}: {fault.strerror}"
