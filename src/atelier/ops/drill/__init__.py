"""Rehearsed disasters: a whole studio in a temporary folder, killed at random, and its books read afterwards."""

from atelier.ops.drill.crash import Plan, Standing, crash
from atelier.ops.drill.verify import Outcome

__all__ = ["Outcome", "Plan", "Standing", "crash"]
