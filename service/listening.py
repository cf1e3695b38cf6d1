"""Taking the address a server listens on, before anything is begun that a taken port would end."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack
from typing import Any

#: Connections that the kernel keeps until they are accepted.
BACKLOG = 2_048


class CannotListen(OSError):
    """The address can't be had; the message says what to do."""


def take(host: str, port: int, *, shared: bool = False) -> list[socket.socket]:
    """A socket for each address of a host; who connects from now on is answered when there is a server on it.

    `shared`: with other processes of this user that say so too. The system deals connections out over those of them
    that have a server, and lets nobody else in beside them.
    """
    with ExitStack() as made:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            # A host may be told twice.
            addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
            sockets = [made.enter_context(_bound(family, address, shared=shared)) for family, address in addresses]
        except OSError as fault:
            raise CannotListen(_told(host, port, fault)) from None
        made.pop_all()
    return sockets


def _bound(family: int, address: Any, *, shared: bool) -> socket.socket:
    if not shared:
        return socket.create_server(address, family=family, backlog=BACKLOG)
    with ExitStack() as made:
        one = made.enter_context(socket.socket(family))
        for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
            one.setsockopt(socket.SOL_SOCKET, option, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        made.pop_all()
    return one


def _told(host: str, port: int, fault: OSError) -> str:
    if fault.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is taken: something else listens there. "
            "Stop it, or choose another port with KETENSPOOR_PORT or --port"
        )
    return f"cannot listen on port {port} of {host}: {fault.strerror}"
