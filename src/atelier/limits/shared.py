"""Moving windows that several processes share, in Redis, by the clock of Redis. Imported only where Redis is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis.asyncio import Redis
from redis.exceptions import RedisError

from atelier.limits.windows import Lost, Window

PATIENCE = 0.3  # seconds in which Redis must answer
PREFIX = "atelier:window:"

# A window is a list of times, the newest first. A time that is yet to come was written before the clock was set back:
# it counts as now, or the window would stay full for as long as the step was.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local most, seconds = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = redis.call('LLEN', KEYS[1])
for place = 0, held - 1 do
  local at = tonumber(redis.call('LINDEX', KEYS[1], place))
  if at <= now then break end
  redis.call('LSET', KEYS[1], place, string.format('%.6f', now))
end
while held > 0 and tonumber(redis.call('LINDEX', KEYS[1], -1)) <= now - seconds do
  redis.call('RPOP', KEYS[1])
  held = held - 1
end
local allowed = 0
if held < most then
  redis.call('LPUSH', KEYS[1], string.format('%.6f', now))
  held = held + 1
  allowed = 1
end
if held > 0 then redis.call('EXPIRE', KEYS[1], seconds) end
local oldest = held > 0 and tonumber(redis.call('LINDEX', KEYS[1], -1)) or now
return {allowed, math.max(0, most - held), tostring(oldest + seconds - now)}
"""


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError) as error:
        raise Lost(type(error).__name__) from error


class SharedWindows:
    """The windows of all processes, in Redis; raises `Lost` when it does not answer."""

    def __init__(self, url: str, *, patience: float = PATIENCE) -> None:
        self._redis = Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=patience)
        self._take = self._redis.register_script(_TAKE)

    async def take(self, key: str, most: int, seconds: int) -> Window:
        with _answering():
            allowed, left, reset = await self._take(keys=[PREFIX + key], args=[most, seconds])
        return Window(bool(allowed), int(left), float(reset))

    async def give_back(self, key: str) -> None:
        with _answering():
            await self._redis.lpop(PREFIX + key)

    async def close(self) -> None:
        await self._redis.aclose()
