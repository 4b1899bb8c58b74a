"""The socket that the web process listens on."""

from __future__ import annotations

import asyncio
import socket

from tests.cli.opened import free_port

from atelier.cli.listening import listen
from atelier.settings import Settings


async def test_small_parts_of_an_answer_leave_at_once() -> None:
    found: list[int] = []

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted: socket.socket = writer.get_extra_info("socket")
        found.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    port = free_port()
    async with await asyncio.start_server(answer, sock=listen(Settings(port=port))):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
    assert found == [1]
