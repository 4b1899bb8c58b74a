"""What happened to a file on its way into the library that its owner should know."""

from __future__ import annotations

from enum import StrEnum


class Note(StrEnum):
    """Something that was left out or could not be followed."""

    FIRST_FRAME = "first_frame"
    PROFILE_IGNORED = "profile_ignored"
    HDR_IGNORED = "hdr_ignored"
    NO_CREDENTIALS = "no_credentials"


MEANINGS = {
    Note.FIRST_FRAME: "This file is an animation. Only its first picture was kept.",
    Note.PROFILE_IGNORED: "The colour profile in this file is damaged, so it was ignored. Colours may look different.",
    Note.HDR_IGNORED: "This picture has high dynamic range (HDR), which the library does not keep. "
    "Colours and brightness may look different.",
    Note.NO_CREDENTIALS: "The studio could not sign this file, so it carries no Content Credentials.",
}
