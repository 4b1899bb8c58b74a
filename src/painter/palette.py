"""Which colour a thing has in this picture: its own, lit by the hour, veiled by the air, graded by the wish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .colour import Lab, along, chroma, hue, lab, lch, lighter, mix, vivid
from .hours import Hour

Grade = Callable[[Lab], Lab]

NAMED: dict[str, str] = {
    "red": "c8342b", "crimson": "a81c3a", "orange": "e8762c", "yellow": "f2c230", "gold": "dfa62e",
    "green": "3f8f4f", "olive": "7d8038", "mint": "9fd8bd", "teal": "1f8a88", "turquoise": "35b8b0",
    "blue": "2f69b3", "navy": "1d3461", "sky": "86c1e6", "indigo": "3e3a8c", "violet": "7447a8",
    "purple": "7a3d96", "lavender": "b39ddb", "pink": "ee8fb0", "magenta": "c92c86", "rose": "d9768a",
    "brown": "7b4a2d", "beige": "dcc7a3", "white": "f7f2e8", "grey": "8c9094", "black": "1d1d22",
    "silver": "c3c9ce", "coral": "f27a63", "cream": "f5e7c8", "ochre": "c98a2e", "peach": "fbbf98",
}  # fmt: skip


def _toward_hue(target: Lab) -> Grade:
    """All colours gathered round the hue of one, with their lightness kept."""
    aim, depth = hue(target), min(0.13, max(0.02, chroma(target)))

    def grade(colour: Lab) -> Lab:
        strength = depth * (0.45 + 0.55 * min(1.0, chroma(colour) / 0.09))
        edge = 1 - abs(2 * colour[0] - 1) ** 3
        return mix(colour, lch(colour[0], strength * (0.35 + 0.65 * edge), aim), 0.82)

    return grade


def _bright(colour: Lab) -> Lab:
    return vivid(lighter(colour, 0.02), 1.5)


GRADES: dict[str, Grade] = {
    "muted": lambda c: mix(vivid(c, 0.55), (0.6, 0.004, 0.012), 0.12),
    "warm": lambda c: (c[0], c[1] * 0.8 + 0.018, c[2] * 0.7 + 0.045),
    "cold": lambda c: (c[0], c[1] * 0.6 - 0.018, c[2] * 0.6 - 0.042),
    "pastel": lambda c: (0.42 + 0.56 * c[0], c[1] * 0.62 + 0.006, c[2] * 0.62 + 0.004),
    "monochrome": lambda c: (c[0], 0.0015, 0.004),
    "sepia": lambda c: (0.05 + 0.93 * c[0], 0.018, 0.055 * (1.15 - 0.5 * c[0])),
    "neon": _bright,
    "vivid": _bright,
    "dark": lambda c: (c[0] * 0.72, c[1], c[2]),
    "light": lambda c: (0.2 + 0.8 * c[0], c[1] * 0.9, c[2] * 0.9),
    "autumn": lambda c: (c[0], c[1] * 0.6 + 0.03, c[2] * 0.55 + 0.05),
    "spring": lambda c: (0.12 + 0.88 * c[0], c[1] * 0.9 + 0.01, c[2] * 0.9 + 0.014),
    "summer": lambda c: vivid(c, 1.15),
    "vintage": lambda c: mix((0.08 + 0.88 * c[0], c[1] * 0.75 + 0.008, c[2] * 0.75 + 0.022), (0.75, 0.01, 0.04), 0.1),
    **{
        name: _toward_hue(lab(code)) for name, code in NAMED.items() if name not in {"white", "black", "grey", "silver"}
    },
    "white": lambda c: (0.45 + 0.54 * c[0], c[1] * 0.35, c[2] * 0.35 + 0.004),
    "black": lambda c: (c[0] * 0.55, c[1] * 0.25, c[2] * 0.25),
    "grey": lambda c: vivid(c, 0.15),
    "silver": lambda c: (0.1 + 0.9 * c[0], c[1] * 0.15, c[2] * 0.15 - 0.006),
}


@dataclass(frozen=True)
class Palette:
    """The colours of one picture."""

    hour: Hour
    grades: tuple[Grade, ...] = ()
    drift: float = 0.0
    sky_dye: Lab | None = None
    _stops: list[Lab] = field(default_factory=list, repr=False)

    def graded(self, colour: Lab) -> Lab:
        """A colour after the wish's overall mood."""
        for grade in self.grades:
            colour = grade(colour)
        return colour

    @property
    def sky(self) -> list[Lab]:
        """The sky from the zenith to the horizon."""
        if not self._stops:
            for code in self.hour.sky:
                colour = lab(code)
                colour = lch(colour[0], chroma(colour), hue(colour) + self.drift)
                if self.sky_dye is not None:
                    dyed = _toward_hue(self.sky_dye)(colour)
                    colour = mix(dyed, vivid(dyed, 1.3), 0.5)
                self._stops.append(self.graded(colour))
        return self._stops

    @property
    def haze(self) -> Lab:
        """What distance fades into."""
        return along(self.sky, 0.86)

    @property
    def light(self) -> Lab:
        """The colour of the sun or the moon."""
        return self.graded(lab(self.hour.light))

    @property
    def shade(self) -> Lab:
        """What shadow sinks into."""
        return self.graded(lab(self.hour.shade))

    def lit(self, colour: str | Lab, depth: float = 1.0, *, own: bool = False, sink: float = 0.5) -> Lab:
        """A thing's colour at a depth (0 far, 1 near); `own` keeps a colour that the wish bound to the thing."""
        base = lab(colour) if isinstance(colour, str) else colour
        if not own:
            base = self.graded(base)
        dark = self.hour.dark * sink * (0.55 if own else 1.0)
        tone = mix(mix(base, self.shade, dark), self.light, 0.07)
        return mix(tone, self.haze, self.hour.air * (1 - depth) ** 1.35)

    def land(self, colour: str | Lab, depth: float) -> Lab:
        """The colour of ground at a depth, more of the hour's shade the nearer it is."""
        base = self.graded(lab(colour) if isinstance(colour, str) else colour)
        tone = mix(base, self.shade, 0.16 + 0.72 * self.hour.dark * (0.55 + 0.45 * depth) + 0.1 * depth)
        return mix(tone, self.haze, self.hour.air * (1 - depth) ** 1.25)

    @property
    def lamp(self) -> Lab:
        """The colour of a lit window."""
        return self.graded(lab("ffd37a"))
