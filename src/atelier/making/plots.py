"""Series that a job measured, as lines to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from atelier.jobs.measures import Point


@dataclass(frozen=True, slots=True)
class Plot:
    """A series with its line as an SVG path on a square of 100 by 100."""

    name: str
    points: Sequence[Point]

    @property
    def first(self) -> Point:
        return self.points[0]

    @property
    def last(self) -> Point:
        return self.points[-1]

    @property
    def low(self) -> float:
        return min(point.value for point in self.points)

    @property
    def path(self) -> str:
        high, low = max(point.value for point in self.points), self.low
        across, down = (self.last.step - self.first.step) or 1, (high - low) or 1
        places = [
            f"{100 * (point.step - self.first.step) / across:.2f} {100 - 100 * (point.value - low) / down:.2f}"
            for point in self.points
        ]
        return "M" + "L".join(places)


def plots(series: Mapping[str, Sequence[Point]]) -> list[Plot]:
    """One for each series of two points or more."""
    return [Plot(name, points) for name, points in series.items() if len(points) > 1]
