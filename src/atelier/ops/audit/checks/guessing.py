"""Who guesses: that failures lock, that an owner's own browser stays open, and that nobody invents an address."""

from __future__ import annotations

from atelier.limits import Limit, Limiter, Standing
from atelier.limits.limit import LOCK_ACCOUNT, LOCK_ADDRESS, items
from atelier.ops.audit import guests
from atelier.ops.audit.ask import Answer
from atelier.ops.audit.check import Evidence, check, evidence
from atelier.ops.audit.ground import Ground
from atelier.ops.audit.guests import Guest

INVENTED, UNDECLARED = "192.0.2.55", "198.51.100.77"  # RFC 5737: no such address can ever be anybody's


@check(
    "guessing.locks",
    "B7",
    title="Failed sign-ins lock by address and account, and never the browser of the account's owner",
    remedy="Have the sign-in page claim a place with atelier.people.locks before it looks at a password.",
)
async def locks(ground: Ground) -> Evidence:
    maker, stranger = await ground.guests()
    owner, faults = await ground.owner(), []
    most = max(items(limit.rates)[0].amount for limit in (LOCK_ACCOUNT, LOCK_ADDRESS))
    await owner.execute(guests.TRIES)  # other checks sign in as well
    try:
        known = _known(await _sign_in(ground, maker, maker.password))
        if not known:
            return Evidence(False, "Signing in does not make the browser a known one.")
        tried = [(await _sign_in(ground, maker, "Not-the-one-1")).status for _ in range(most + 1)]
        if 429 in tried[:most] or tried[most] != 429:
            faults.append(f"{most + 1} failures in a row were answered with {', '.join(map(str, tried))}")
        locked = await _sign_in(ground, maker, maker.password)
        if locked.status != 429 or not locked.headers.get("retry-after"):
            faults.append(f"the right password opens a locked account with {locked.status}")
        elsewhere = await _sign_in(ground, stranger, stranger.password)
        if elsewhere.status != 429:
            faults.append(f"a locked address signs in to another account with {elsewhere.status}")
        itself = await _sign_in(ground, maker, maker.password, cookie=known)
        if itself.status != 303:
            faults.append(f"the owner's own browser is answered with {itself.status}")
    finally:
        await owner.execute(guests.TRIES)
    return evidence(faults, f"After {most} failures the next is not looked at, but for a browser that is known.")


@check(
    "guessing.address",
    "B8",
    title="Nobody invents the address by which they are counted",
    remedy="Run the web process without rewriting addresses, and name your proxies in ATELIER_TRUSTED_PROXIES alone.",
    quick=True,
)
async def address(ground: Ground) -> Evidence:
    faults, counted = [], _Counted()
    with ground.limited_by(counted):
        for name in ("x-forwarded-for", "forwarded", "x-real-ip"):
            value = f"for={INVENTED}" if name == "forwarded" else INVENTED
            await ground.ask("GET", "/health/live", headers={name: value}, address=UNDECLARED)
            if counted.last != f"address {UNDECLARED}":
                faults.append(f"{name} makes a stranger count as {counted.last}")
    return evidence(faults, "Three ways to invent an address were not believed.")


@check(
    "guessing.standing",
    "B8",
    "D16",
    title="Answers say where the caller stands with their limits",
    remedy="Put atelier.web.asked.Asked around the application, and let proxies pass RateLimit and RateLimit-Policy.",
    quick=True,
)
async def standing(ground: Ground) -> Evidence:
    faults = []
    with ground.limited_by(Limiter()):
        for path in ("/health/live", "/sign-in", "/api/v1/jobs"):
            answer = await ground.ask("GET", path, address=INVENTED)
            for header, sign in (("ratelimit-policy", ";q="), ("ratelimit", ";r=")):
                if sign not in answer.headers.get(header, ""):
                    faults.append(f"{path} answers {answer.status} without {header}")
    return evidence(faults, "Three kinds of answer carry RateLimit and RateLimit-Policy.")


class _Counted(Limiter):
    """Lets everything pass and remembers who was counted last."""

    last = ""

    async def hit(self, limit: Limit, who: str) -> tuple[Standing, ...]:
        self.last = who
        return ()


async def _sign_in(ground: Ground, guest: Guest, password: str, *, cookie: str = "") -> Answer:
    form = {"email": guest.email, "password": password}
    return await ground.ask("POST", "/sign-in", form=form, headers={"cookie": cookie} if cookie else {})


def _known(answer: Answer) -> str:
    """The cookie of a known browser that an answer sets, as the browser sends it back."""
    sent = (cookie.partition(";")[0] for cookie in answer.headers.getlist("set-cookie"))
    return next((cookie for cookie in sent if "atelier-known" in cookie), "")
