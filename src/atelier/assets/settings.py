"""The settings of files: where they lie, and how large they may be."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from atelier.base.room_settings import RoomSettings, scheme_misfits


class FileSettings(RoomSettings):
    """Where files go, and what members may bring."""

    store_url: str = Field("", description="Where files go: `s3://`, `gs://`, `az://`. Default: the data folder.")
    file_limits: str = Field(
        "",
        description="Other limits of what members bring than the built-in ones, with commas: `image.megabytes`,"
        " `audio.megabytes`, `audio.seconds`, `video.megabytes`, `video.seconds`, `video.megapixels`, `text.megabytes`,"
        " `model.megabytes`, `model.header_megabytes`; as `audio.megabytes=500, video.seconds=7200`.",
    )

    def misfits(self) -> Iterator[str]:
        yield from scheme_misfits("STORE_URL", self.store_url, ("s3", "gs", "az", "file", "memory"))
        if self.file_limits:
            from atelier.base.file_limits import limits_of  # the supervisor reads settings and should stay small

            try:
                limits_of(self.file_limits)
            except ValueError as error:
                yield f"ATELIER_FILE_LIMITS {error}."
