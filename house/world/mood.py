"""The light of a scene: what hour, weather and palette do to every colour in it."""

from __future__ import annotations

from dataclasses import dataclass

from house.world.colour import Colour, lightness, mix, rgb
from house.world.fields import Attributes

SKIES = {  # zenith, middle, horizon
    "dawn": ["8fa8d8", "f6b7a6", "fde9c9"],
    "day": ["3f97dc", "8ccbf0", "e9f5ee"],
    "dusk": ["3a2a6b", "c2527e", "fba95f"],
    "night": ["0a1033", "1a3373", "3f66b0"],
}
SHADES = {"dawn": ("b97f97", 0.26), "day": ("ffffff", 0.0), "dusk": ("3a1f55", 0.5), "night": ("0a1336", 0.68)}
TINTS = {  # in the light, and in the dark, where a tint must be deeper to be seen
    "pink": ("f08bab", "b3195f"),
    "teal": ("22a39b", "0b706b"),
    "golden": ("efaa2c", "a9620a"),
    "violet": ("8452c6", "5a1fb0"),
    "grey": ("84888e", "45494f"),
}
VEILS = {"cloudy": ("aab4c0", 0.5), "rain": ("6f7f90", 0.62), "snow": ("d3dde8", 0.6), "fog": ("e3e4e2", 0.55)}
DIM = {"dawn": 0.0, "day": 0.0, "dusk": 0.45, "night": 0.8}  # how dark a cloud's grey becomes
SNOW = rgb("f2f6fb")


@dataclass(frozen=True)
class Mood:
    """How one scene is lit, and how large its picture is (in units of the square root of its area)."""

    hour: str
    weather: str
    palette: str
    art: str
    width: float
    height: float

    @property
    def shade(self) -> tuple[Colour, float]:
        code, share = SHADES[self.hour]
        return rgb(code), share

    @property
    def dark(self) -> bool:
        return self.hour in ("dusk", "night")

    def sky(self) -> list[Colour]:
        """Zenith, middle and horizon."""
        colours = [rgb(code) for code in SKIES[self.hour]]
        if self.weather in VEILS:
            code, share = VEILS[self.weather]
            veil = mix(rgb(code), (12, 16, 40), DIM[self.hour])
            colours = [mix(colour, veil, share * (1.0 if k < 2 else 0.75)) for k, colour in enumerate(colours)]
        return [self.tinted(colour) for colour in colours]

    def haze(self) -> Colour:
        """What distance fades into."""
        return self.sky()[2]

    def ground(self, code: str, far: float = 0.0) -> Colour:
        """A colour of the land under this light, `far` from 0 (here) to 1 (at the horizon)."""
        colour = rgb(code)
        if self.weather == "snow":
            colour = mix(colour, SNOW, 0.62 - 0.25 * far)
        elif self.weather in ("rain", "cloudy"):
            colour = mix(colour, rgb("66707c"), 0.25)
        shade, share = self.shade
        colour = self.tinted(mix(colour, shade, share))
        fog = 0.3 if self.weather == "fog" else 0.0
        return mix(colour, self.haze(), min(0.92, far * 0.62 + fog * (0.4 + far)))

    def painted(self, colour: Colour) -> Colour:
        """The colour of a thing that must keep its name: hardly changed by the light, never by the palette."""
        shade, share = self.shade
        return mix(colour, shade, share * 0.17)

    def tinted(self, colour: Colour) -> Colour:
        """Pulled towards the palette at the same lightness."""
        if self.palette == "natural":
            return colour
        bright, deep = (rgb(code) for code in TINTS[self.palette])
        light = lightness(colour)
        goal = mix(deep, bright, min(1.0, light / lightness(bright)))
        base = lightness(goal)
        if light < base:
            goal = mix((0, 0, 0), goal, light / base)
        else:
            goal = mix(goal, (255, 255, 255), (light - base) / (1 - base))
        return mix(colour, goal, 0.78)


def mood_of(a: Attributes, width: float, height: float) -> Mood:
    return Mood(a["hour"], a["weather"], a["palette"], a["art"], width, height)
