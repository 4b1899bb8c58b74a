"""Films, with or without sound. A QuickTime film becomes an MP4 without being encoded again."""

from atelier.base.kinds.kind import Kind

VIDEO = Kind(
    id="video",
    rank=30,
    one="film",
    several="Films",
    icon="video",
    types={"video/mp4": "mp4", "video/webm": "webm"},
    verb="bring_recording",
    formats="MP4, WebM, MOV",
    marks={"video/mp4": rb"....ftyp", "video/webm": rb"\x1a\x45\xdf\xa3.{0,40}webm"},
    endings=("mov",),
    limits={"megabytes": 1000, "seconds": 3600, "megapixels": 36},
)
