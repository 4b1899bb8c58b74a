"""A handler takes at most eight parameters: the fields of a form, and the filters of an address, are one of them."""

from __future__ import annotations

import inspect

import pytest

from atelier.rooms import ROOMS
from atelier.web.room import Room

MOST = 8


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_no_handler_takes_many_parameters(room: Room) -> None:
    handlers = [route.endpoint for routes in room.routes() for route in routes.included if hasattr(route, "endpoint")]
    many = [each.__qualname__ for each in handlers if len(inspect.signature(each).parameters) > MOST]
    assert not many
