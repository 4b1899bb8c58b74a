"""Where the content of a file comes from, by the names of IPTC's NewsCodes, "Digital Source Type"."""

from __future__ import annotations

from enum import StrEnum


class SourceType(StrEnum):
    """What made the pixels, the sound or the words."""

    TRAINED = "trainedAlgorithmicMedia"  # a neural model
    ALGORITHM = "algorithmicMedia"  # a program that learned from no examples
    EDITED = "humanEdits"  # classical changes that a person asked for

    @property
    def of_edit(self) -> str:
        """The same for a file that was changed in part."""
        return "compositeWithTrainedAlgorithmicMedia" if self is SourceType.TRAINED else str(self)
