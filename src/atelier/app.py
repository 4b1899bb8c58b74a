"""The ASGI application: every room's routes behind one guard."""

from __future__ import annotations
