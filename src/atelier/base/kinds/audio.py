"""Sound: voices, music, noises."""

from atelier.base.kinds.kind import Kind

AUDIO = Kind(
    id="audio",
    rank=20,
    one="sound",
    several="Sound",
    icon="voice",
    types={
        "audio/mpeg": "mp3",
        "audio/wav": "wav",
        "audio/flac": "flac",
        "audio/ogg": "ogg",
        "audio/mp4": "m4a",
        "audio/webm": "weba",
    },
    verb="bring_recording",
    formats="MP3, WAV, FLAC, Ogg, M4A",
    marks={
        "audio/wav": rb"RIFF....WAVE",
        "audio/flac": rb"fLaC",
        "audio/ogg": rb"OggS",
        "audio/mp4": rb"....ftypM4[AB] ",
        "audio/mpeg": rb"ID3|\xff[\xf2\xf3\xfa\xfb]",
    },
    endings=("opus",),
    limits={"megabytes": 200, "seconds": 3 * 3600},
)
