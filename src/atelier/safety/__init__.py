"""What may be asked for and what may be kept: filters in a chain, each with the operator's rule."""

from atelier.safety.safety import HeldBack, NotReady, Safety

__all__ = ["HeldBack", "NotReady", "Safety"]
