"""Why a file is refused: each reason has its own code and sentence. Whatever is refused leaves nothing behind."""

from __future__ import annotations

from typing import Any, ClassVar

from atelier.base.errors import AtelierError


class Refused(AtelierError):
    """A file that the library does not take."""

    status: ClassVar[int] = 422

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message, field="file", **details)


class FileMissing(Refused):
    """The form came without a file."""

    code = "file_missing"


class FileEmpty(Refused):
    """A file of no bytes."""

    code = "file_empty"


class FileTooLarge(Refused):
    """More bytes than the library takes."""

    code = "file_too_large"
    status = 413


class FileUnsupported(Refused):
    """No kind of file that the library takes."""

    code = "file_unsupported"
    status = 415


class FileActive(Refused):
    """A document that can carry a program (SVG, HTML, PDF)."""

    code = "file_active"
    status = 415


class PictureDamaged(Refused):
    """A picture that ends too soon, or cannot be decoded."""

    code = "picture_damaged"


class PictureTooLarge(Refused):
    """More pixels, or a longer side, than the library decodes."""

    code = "picture_too_large"


class PictureBomb(Refused):
    """A file that needs more memory or time to open than a file may have."""

    code = "picture_bomb"


class Unusable(Refused):
    """An operation or a mask that does not fit the picture."""

    code = "operation_unusable"


class RecordingDamaged(Refused):
    """A sound or a film that ends too soon, or cannot be decoded."""

    code = "recording_damaged"


class RecordingTooLong(Refused):
    """A sound or a film of more seconds than the library takes."""

    code = "recording_too_long"


class CodecUnsupported(Refused):
    """A sound or a film that is encoded in a way that browsers do not play."""

    code = "codec_unsupported"
    status = 415


class FFmpegMissing(Refused):
    """Sound and films cannot be opened, because FFmpeg is not installed."""

    code = "ffmpeg_missing"
    status = 501


class TextDamaged(Refused):
    """A file that says it is a text and is none, or is in another encoding than UTF-8."""

    code = "text_damaged"


class WeightsDamaged(Refused):
    """Weights whose header and bytes do not fit together."""

    code = "weights_damaged"


REASONS: dict[str, type[Refused]] = {
    reason.code: reason
    for reason in (
        *(FileMissing, FileEmpty, FileTooLarge, FileUnsupported, FileActive),
        *(PictureDamaged, PictureTooLarge, PictureBomb, Unusable),
        *(RecordingDamaged, RecordingTooLong, CodecUnsupported, FFmpegMissing, TextDamaged, WeightsDamaged),
    )
}
