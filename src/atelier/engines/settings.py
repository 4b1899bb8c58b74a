"""The settings of the engines that run here, and of the workers that serve them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from atelier.base.room_settings import CommaList, RoomSettings


class EngineSettings(RoomSettings):
    """Which engines a worker serves, and what the models that run here may take."""

    worker_queues: CommaList = Field(
        (), description="Engines that this host's worker serves, with commas. Default: all."
    )
    extras: Literal["local", "none"] = Field(
        "local", description="`none` leaves out the models that run here: nothing is installed for them or offered."
    )
    engine_idle: int = Field(
        300, ge=1, le=86_400, description="Seconds after which a model that runs here and rests gives its memory back."
    )
    engine_threads: int = Field(
        0, ge=0, le=256, description="Processor threads of a model that runs here; 0: one for each core."
    )
    engines_elsewhere: CommaList = Field(
        (), description="Engines that only workers of other hosts serve, with commas; nothing they need is missed here."
    )
