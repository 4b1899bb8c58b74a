"""The socket that the web process listens on. The supervisor opens it, so that it survives the web process."""

from __future__ import annotations

import errno
import shlex
import socket
from collections.abc import Iterator
from contextlib import suppress

import psutil

from atelier.base.errors import AtelierError
from atelier.settings import Settings

BACKLOG = 2048


class CannotListen(AtelierError):
    """The address cannot be listened on; the message says why and what mends it."""

    code = "cannot_listen"
    status = 500


def listen(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say; `CannotListen` says in a sentence why not."""
    host, port = settings.host, settings.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # without its protocol, asyncio would not switch Nagle's algorithm off: 40 ms for each answer in two parts
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except OSError:
            listening.close()
            raise
    except socket.gaierror as error:
        raise CannotListen(f"ATELIER_HOST names {host}, which is no address that this machine knows.") from error
    except OSError as error:
        raise CannotListen(_why_not(error, host, port)) from error
    return listening


def who_listens(port: int) -> str:
    """Which process listens on a port of this machine: number, command and folder; empty where we may not know."""
    for process in _listening(port):
        with suppress(psutil.Error):
            return f": process {process.pid}, `{shlex.join(process.cmdline())[:200]}`, in {process.cwd()}"
    return ""


def is_leaving(port: int) -> bool:
    """Whether a web process listens there whose supervisor is gone: it ends within seconds."""
    for process in _listening(port):
        with suppress(psutil.Error, ValueError, IndexError):
            command = process.cmdline()
            return not psutil.pid_exists(int(command[command.index("--parent") + 1]))
    return False


def _listening(port: int) -> Iterator[psutil.Process]:
    with suppress(psutil.Error):
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.pid and found.laddr and found.laddr.port == port:
                with suppress(psutil.Error):
                    yield psutil.Process(found.pid)


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program{who_listens(port)}. Stop that, or choose another port:"
            f" ATELIER_PORT={port + 1 if port < 65535 else 8420} bin/studio"
        )
    if error.errno == errno.EACCES:
        return f"Port {port} may not be opened by this user: choose one above 1023 with ATELIER_PORT."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"ATELIER_HOST names {host}, which is no address of this machine."
    return f"{host}:{port} cannot be listened on: {error.strerror}."
