"""How an engine's child knows that a device's memory ran out, without the library that said so."""

from __future__ import annotations

_SAID = ("out of memory", "cublas_status_alloc_failed", "cudnn_status_alloc_failed")


def ran_out(error: Exception) -> bool:
    """Whether a device's memory ran out: torch has an error of its own, and what it calls says so in its own words."""
    said = str(error).lower()
    named = type(error).__name__ == "OutOfMemoryError"
    return named or (isinstance(error, RuntimeError) and any(words in said for words in _SAID))
