"""Text, subtitles and data that people read. Nothing in a text tells what it is, so the end of its name does."""

from atelier.base.kinds.kind import Kind

TEXT = Kind(
    id="text",
    rank=50,
    one="text",
    several="Text",
    icon="text",
    types={
        "text/plain": "txt",
        "text/markdown": "md",
        "text/vtt": "vtt",
        "application/x-subrip": "srt",
        "application/json": "json",
    },
    verb="bring_text",
    formats="TXT, Markdown, SRT, VTT, JSON",
    names={
        "txt": "text/plain",
        "md": "text/markdown",
        "vtt": "text/vtt",
        "srt": "application/x-subrip",
        "json": "application/json",
    },
    limits={"megabytes": 5},
)
