"""Sockets that servers listen on."""

from __future__ import annotations

import socket

from ledger.errors import InvalidInput


def listen(host: str, port: int, *, or_any: bool = False) -> socket.socket:
    """A socket on a port, 0 for any; with `or_any` another port if it is taken, otherwise `InvalidInput`."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        if or_any:
            return listen(host, 0)
        rule = f"be one that this program may listen on at {host} ({error.strerror})"
        raise InvalidInput("port", rule, port) from None
    return listening
