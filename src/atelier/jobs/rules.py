"""Pure decisions about jobs."""

from __future__ import annotations

HEARTBEAT = 2.0  # seconds between two signs of life of a worker
STALLED = 6.0  # seconds without one after which its jobs are taken from it
ATTEMPTS = 3  # a job whose worker dies this often is to blame for it
# each job of its member's that already waits makes a new one's priority lower by one, down to this, so that nobody's
# thousand jobs delay another's first (F8)
LOWEST = -1000
LONGEST = 24 * 3600  # seconds that one attempt may take in all; no model's deadline is later
SLOWER = 10  # times its model's deadline that an attempt may take in all, as long as it goes on
GIVE_UP_WAITING = 3600  # seconds after which a job that no worker takes ends, with its credits back


def charge(price: int, made: int, expected: int) -> int:
    """What a job costs that ended early with `made` of `expected` files: the price of each, rounded in the member's
    favour. One that yields no files is paid for when it succeeds, or not at all."""
    return price * made // expected if expected else 0


def total(deadline_s: int) -> int:
    """Seconds that an attempt may take in all; `deadline_s` are those that it may take without progress."""
    return min(LONGEST, deadline_s * SLOWER)


def backoff(attempt: int) -> float:
    """Seconds to wait before the attempt after `attempt`."""
    return float(min(30, 2 ** (attempt - 1)))
