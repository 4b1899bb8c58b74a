"""The painter behind the engine `sketch`: layered posters from words, without a neural model."""

from .paint import Stage, paint, understood
from .wish import Understanding, Word

__all__ = ["Stage", "Understanding", "Word", "paint", "understood"]
