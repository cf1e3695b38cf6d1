"""Binding the address a server listens on, before anything is begun that a taken port would end."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any

#: Connections that the kernel keeps until they are accepted.
BACKLOG = 2_048


class CannotListen(OSError):
    """The address can't be had; the message says what to do."""


def bind(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """A socket for each address of a host; who connects from now on is answered when there is a server on it.

    `shared`: beside those that another process reserved for this one and others like it. The system deals connections
    out over those of them that listen.
    """
    with ExitStack() as opened:
        try:
            resolved = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            # A host may be resolved to the same address twice.
            addresses = dict.fromkeys((family, address) for family, _, _, _, address in resolved)
            open_socket = _open_shared if shared else _open
            sockets = [opened.enter_context(open_socket(family, address)) for family, address in addresses]
        except OSError as error:
            raise CannotListen(_message(host, port, error)) from None
        opened.pop_all()
    return sockets


def reserve(listening: Iterable[socket.socket]) -> list[socket.socket]:
    """Sockets that take the place of these, and never listen: while they are open, workers can bind their addresses.

    Whether a worker listens or none does, the system refuses them to every other user, and to this one unless it sets
    SO_REUSEPORT before it binds. `serve` never does: only its workers do, and it starts them with an address that it
    has bound alone.
    """
    with ExitStack() as opened:
        reserved = []
        for bound in listening:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reserving = opened.enter_context(_open_shared(bound.family, bound.getsockname()))
            # It was for the connections that a server before left behind; from now on it would let in, while no worker
            # listens, whoever sets it too, as every server does.
            reserving.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            reserved.append(reserving)
            bound.close()
        opened.pop_all()
    return reserved


def _open(family: int, address: Any) -> socket.socket:
    return socket.create_server(address, family=family, backlog=BACKLOG)


def _open_shared(family: int, address: Any) -> socket.socket:
    with ExitStack() as opened:
        shared = opened.enter_context(socket.socket(family))
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            shared.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6:
            shared.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        shared.bind(address)
        opened.pop_all()
    return shared


def _message(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is taken: something else listens there. "
            "Stop it, or choose another port with KETENSPOOR_PORT or --port"
        )
    return f"cannot listen on port {port} of {host}: {error.strerror}"
