"""How often something may be done: limits declared beside what they limit, counted in memory or in Redis."""

from atelier.limits.limit import Limit, Per, Standing, parse_rates
from atelier.limits.limiter import Limiter, Reached

__all__ = ["Limit", "Limiter", "Per", "Reached", "Standing", "parse_rates"]
