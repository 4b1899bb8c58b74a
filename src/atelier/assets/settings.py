"""The settings of files: where they lie, and how large they may be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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

    credentials: bool = Field(
        True,
        description="Whether pictures carry Content Credentials (C2PA): signed statements of how they were made.",
    )
    credentials_certificate: Path | None = Field(
        None,
        description="A file with certificates in PEM to sign them with, the signer's own first. Default: a certificate"
        " that the studio makes for itself.",
    )
    credentials_key: Path | None = Field(None, description="The file with the private key of that certificate, in PEM.")

    @property
    def own_certificate(self) -> tuple[Path, Path] | None:
        """The files of the operator's certificate and key, if they are named."""
        both = self.credentials_certificate, self.credentials_key
        return (both[0], both[1]) if both[0] and both[1] else None

    def misfits(self) -> Iterator[str]:
        yield from scheme_misfits("STORE_URL", self.store_url, ("s3", "gs", "az", "file", "memory"))
        if self.file_limits:
            from atelier.base.file_limits import limits_of  # the supervisor reads settings and should stay small

            try:
                limits_of(self.file_limits)
            except ValueError as error:
                yield f"ATELIER_FILE_LIMITS {error}."
        if bool(self.credentials_certificate) != bool(self.credentials_key):
            yield "ATELIER_CREDENTIALS_CERTIFICATE and ATELIER_CREDENTIALS_KEY are set together or not at all."
        elif self.own_certificate:
            from atelier.assets.credentials.certificates import BadCertificate, check

            try:
                check(*(path.read_text() for path in self.own_certificate))
            except OSError as error:
                yield f"ATELIER_CREDENTIALS_CERTIFICATE or _KEY cannot be read: {error.strerror}: {error.filename}."
            except (BadCertificate, UnicodeDecodeError) as error:
                yield f"ATELIER_CREDENTIALS_CERTIFICATE cannot sign: {error}."
