"""Submit to succeeded for a tool that does nothing, and what a killed worker costs, beside FastAPI + SQLAlchemy
+ Celery + Redis.

Both stacks run at once on one PostgreSQL, each with one web process behind the same HTTP route and one worker of the
concurrency that it has by default here, and are measured in turns. Ours holds, settles, records events and isolates
members; the peer debits a wallet. What a job costs in processor time, the database's and the broker's included, bounds
the rate on cores that are busy, and other load on the machine hardly moves it.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable
from typing import Any

from bench.cpu import Meter, postmaster
from bench.load import Target, all_at_once, one_after_another
from bench.stacks import Classic, Ours, stacks
from bench.survival import survive
from bench.tables import table as as_table

ROUNDS = 4
ONE, SIXTEEN, BURST = 100, 480, 480  # jobs a round


async def run(owner_url: str, secret: str) -> dict[str, Any]:
    """Measure in turns; {"speed": [...], "ratios": {...}, "killed": [...]}."""
    async with stacks(owner_url, secret) as (ours, classic):
        workers = [stack.start_worker() for stack in (ours, classic)]
        rounds = await _in_turns(ours, classic)
        for worker in workers:
            worker.stop()
        careful = classic.with_late_acks()
        careful.start_web()
        killed = [await survive(stack) for stack in (classic, careful, ours)]
    return {
        "rounds": ROUNDS,
        "speed": [_summary("the spine", rounds["ours"]), _summary("classic", rounds["classic"])],
        "ratios": _ratios(rounds["ours"], rounds["classic"]),
        "killed": killed,
    }


async def _in_turns(ours: Ours, classic: Classic) -> dict[str, list[dict[str, float]]]:
    found: dict[str, list[dict[str, float]]] = {"ours": [], "classic": []}
    both: tuple[tuple[str, Callable[[], Target]], ...] = (("classic", classic.target), ("ours", ours.target))
    for _name, target in both:  # plans, pools and pages of memory settle
        await all_at_once(target(), 16, 160)
    for turn in range(ROUNDS):
        for name, target in both if turn % 2 == 0 else reversed(both):
            stack = ours if name == "ours" else classic
            found[name].append(await _round(target(), stack.processes | {"database": postmaster(stack.database)}))
            figures = ", ".join(f"{what} {value:,.1f}" for what, value in found[name][-1].items())
            print(f"  {name}: {figures}", flush=True)
    return found


async def _round(target: Target, processes: dict[str, int]) -> dict[str, float]:
    one, _ = await one_after_another(target, 1, ONE)
    sixteen, rate = await one_after_another(target, 16, SIXTEEN)
    meter = Meter(processes)
    burst = await all_at_once(target, 16, BURST)
    spent = {name: seconds * 1000 / BURST for name, seconds in meter.spent().items()}
    return {
        **_percentiles("one", one),
        **_percentiles("sixteen", sixteen),
        "jobs_per_s": rate,
        "burst_jobs_per_s": burst,
        "cpu_ms_a_job": sum(spent.values()),
        **{f"cpu_{name}_ms": spent[name] for name in ("web", "worker", "database")},
    }


def _percentiles(clients: str, times: list[float]) -> dict[str, float]:
    return {f"{clients}_p50_ms": statistics.median(times), f"{clients}_p95_ms": sorted(times)[int(len(times) * 0.95)]}


def _summary(stack: str, rounds: list[dict[str, float]]) -> dict[str, Any]:
    """The median of the rounds of each figure, with the spread of the rates."""
    found: dict[str, Any] = {"stack": stack}
    for what in rounds[0]:
        values = [each[what] for each in rounds]
        found[what] = round(statistics.median(values), 2 if what.startswith("cpu") else 1)
        if what.endswith("per_s"):
            found[f"{what}_range"] = f"{min(values):.0f}–{max(values):.0f}"
    return found


def _ratios(ours: list[dict[str, float]], classic: list[dict[str, float]]) -> dict[str, float]:
    """Ours to the peer's, the median of the rounds' own ratios; and how many milliseconds our median is longer."""
    pairs = list(zip(ours, classic, strict=True))
    found = {what: round(statistics.median(a[what] / b[what] for a, b in pairs), 2) for what in ours[0]}
    slower = statistics.median(a["one_p50_ms"] - b["one_p50_ms"] for a, b in pairs)
    return found | {"one_p50_longer_ms": round(slower, 2)}


def table(result: dict[str, Any]) -> str:
    """The figures as Markdown."""
    speed, killed = result["speed"], result["killed"]
    rows = [
        {
            "": row["stack"],
            "1 client, p50 / p95": f"{row['one_p50_ms']} / {row['one_p95_ms']} ms",
            "16 clients, p50 / p95": f"{row['sixteen_p50_ms']} / {row['sixteen_p95_ms']} ms",
            "jobs a second, 16 clients that wait": f"{row['jobs_per_s']:.0f} ({row['jobs_per_s_range']})",
            "jobs a second, 16 that don't": f"{row['burst_jobs_per_s']:.0f} ({row['burst_jobs_per_s_range']})",
            "processor time a job: web, worker, database": f"{row['cpu_ms_a_job']:.2f} ms: {row['cpu_web_ms']:.2f},"
            f" {row['cpu_worker_ms']:.2f}, {row['cpu_database_ms']:.2f}",
        }
        for row in speed
    ]
    ratios = result["ratios"]
    longer = ratios["one_p50_longer_ms"]
    return (
        f"{as_table(rows)}\n\nMedians of {result['rounds']} rounds, taken in turns. The spine's rate is"
        f" {ratios['jobs_per_s']} × the peer's with clients that wait and {ratios['burst_jobs_per_s']} × with clients"
        f" that don't; a job costs {ratios['cpu_ms_a_job']} × the processor time; its median for one client is"
        f" {abs(longer)} ms {'longer' if longer > 0 else 'shorter'}.\n\n"
        f"The worker is killed (-9) among {killed[0]['jobs']} jobs of one second, eight at a time, and started again at"
        f" once:\n\n{as_table(killed)}"
    )


if __name__ == "__main__":
    from bench.place import fresh_database

    with fresh_database() as (url, key):
        print(table(asyncio.run(run(url, key))))
