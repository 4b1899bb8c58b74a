"""What happened, as an operator looks back at it: the trail of facts, filtered, page by page or as a table to keep."""

from atelier.people.trail import Line, Wanted, kinds, trail

__all__ = ["Line", "Wanted", "kinds", "trail"]
