"""The settings of the records: how long events are kept."""

from __future__ import annotations

from pydantic import Field

from atelier.base.room_settings import RoomSettings


class RecordSettings(RoomSettings):
    """After how many days events are deleted."""

    activity_days: int = Field(
        180, ge=30, le=36500, description="Days for which the events of runs and files are kept."
    )
    trail_days: int = Field(
        400,
        ge=30,
        le=36500,
        description="Days for which all other events are kept: sign-ins, changes, what operators did.",
    )
