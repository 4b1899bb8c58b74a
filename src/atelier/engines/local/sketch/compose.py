"""Deciding a picture: what the words say, and by chance what they leave open."""

from __future__ import annotations

import random

from .colour import lab
from .elements import FLOATING, PETS, SITTERS, STANDING
from .hours import HOURS
from .palette import GRADES, NAMED, Palette
from .scene import Kind, Manner, Scene
from .words import Thing, Wish

IMPLIED: tuple[tuple[str, str, str | None], ...] = (
    ("volcano", "volcano", None), ("snowcap", "mountain", None), ("mountain", "mountain", None), ("city", "city", None),
    ("mesa", "mesa", None), ("cactus", "dune", None), ("camel", "dune", None), ("dune", "dune", None),
    ("forest", "forest", None), ("conifer", "forest", None), ("birch", "forest", None), ("mushroom", "forest", None),
    ("lavender_field", "meadow", None), ("sunflower", "meadow", None), ("meadow", "meadow", None),
    ("beach", "beach", "sea"), ("palm", "beach", "sea"), ("hill", "hill", None), ("flower", "meadow", None),
    ("island", "open", "sea"), ("lighthouse", "open", "sea"), ("boat", "open", "sea"), ("ship", "open", "sea"),
    ("whale", "open", "sea"), ("dolphin", "open", "sea"), ("sea", "open", "sea"), ("rowboat", "open", "lake"),
    ("swan", "open", "lake"), ("fish", "open", "lake"), ("lake", "open", "lake"), ("river", "hill", None),
    ("bridge", "hill", "lake"), ("waterfall", "mountain", None), ("torii", "mountain", "lake"),
    ("tent", "forest", None), ("deer", "forest", None), ("bear", "forest", None), ("fox", "forest", None),
    ("sheep", "meadow", None), ("cow", "meadow", None), ("horse", "meadow", None), ("windmill", "meadow", None),
    ("blossom", "hill", None), ("elephant", "meadow", None), ("house", "hill", None), ("castle", "hill", None),
)  # fmt: skip
STYLES: dict[str, Manner] = {
    "poster": Manner(margin=True), "paper": Manner(shadows=True, finish="paper"), "ink": Manner(outlines=True, finish="ink"),
    "riso": Manner(finish="riso", margin=True), "watercolour": Manner(finish="watercolour", margin=True),
    "linocut": Manner(finish="linocut", margin=True), "gradient": Manner(), "minimal": Manner(sparse=True),
    "bauhaus": Manner(angular=True, flat=True), "abstract": Manner(),
}  # fmt: skip
NIGHTLY = frozenset({"stars", "comet", "aurora", "galaxy", "owl", "moon", "crescent"})


def decide(wish: Wish, width: int, height: int, seed: int) -> Scene:
    """Everything about a picture but its strokes."""
    kinds = wish.kinds
    kind = _kind(wish, seed)
    hour, weather = _hour(wish, seed)
    ground, water = _ground(wish, seed)
    manner = Manner()
    for style in reversed(wish.styles):
        manner = STYLES[style]
    if len(wish.styles) > 1 and "minimal" in wish.styles:
        manner = Manner(**{**manner.__dict__, "sparse": True})
    dice = random.Random(f"{seed}:horizon:{water}")
    if water is not None:
        horizon = dice.uniform(0.54, 0.66) if height >= width else dice.uniform(0.5, 0.6)
        if _on_shore(wish):
            horizon = min(horizon, 0.56)
    else:
        horizon = {"mountain": 0.5, "volcano": 0.5, "meadow": 0.54, "city": 0.66, "mesa": 0.56}.get(ground, 0.48)
        horizon += dice.uniform(-0.03, 0.04)
    if manner.sparse:
        horizon += 0.08
    season = next((name for name in ("autumn", "spring") if name in wish.grades), "")
    if "snow" in weather:
        season = "snow"
    things = tuple(thing for thing in wish.things if thing.kind not in {"portrait", "window"})
    if kind == "landscape":
        things += _chosen(wish, ground, water, hour, weather, seed)
    elif kind == "sill":
        things += tuple(_lights(wish, hour, weather, seed))
    del kinds
    return Scene(wish, kind, hour, weather, ground, water, horizon, things, manner, season)


def _on_shore(wish: Wish) -> bool:
    return any(thing.kind in STANDING for thing in wish.things)


def _kind(wish: Wish, seed: int) -> Kind:
    kinds = wish.kinds
    scenery = kinds - SITTERS - PETS - {"portrait", "flower", "sunflower", "moon", "sun", "stars", "window", "person",
                                        "crescent", "vase", "cup", "fruit", "cloud", "birds", "fish"}  # fmt: skip
    if scenery:
        return "landscape"
    if "portrait" in kinds or (kinds & SITTERS and not kinds & PETS):
        return "portrait"
    if kinds & {"vase", "cup", "fruit"}:
        return "still"
    if kinds & {"cat", "dog"} or "window" in kinds:
        return "sill"
    if "abstract" in wish.styles or ("bauhaus" in wish.styles and not kinds):
        return "abstract"
    if not kinds and not wish.hours and wish.chance and random.Random(f"kind:{wish.chance}").random() < 0.16:
        return "abstract"
    return "landscape"


def _hour(wish: Wish, seed: int) -> tuple[str, frozenset[str]]:
    weather = frozenset(hour for hour in wish.hours if hour in {"storm", "fog", "rain", "snow"})
    clocks = [hour for hour in wish.hours if hour not in weather]
    if "lightning" in wish.kinds:
        weather |= {"storm"}
    if clocks:
        return clocks[0], weather
    if "neon" in wish.grades:
        return "neon", weather
    if wish.kinds & {"planet", "rocket", "ufo", "galaxy"}:
        return "space", weather
    if wish.kinds & NIGHTLY:
        return "night", weather
    for name in ("storm", "fog", "rain", "snow"):
        if name in weather:
            return name, weather
    dice = random.Random(f"{seed}:hour:{wish.chance}")
    if wish.kinds & {"rainbow", "kite", "sunflower", "sheep", "cow"}:
        return dice.choice(("morning", "noon", "golden")), weather
    return dice.choice(("dawn", "morning", "noon", "golden", "dusk", "dusk", "golden", "night")), weather


def _ground(wish: Wish, seed: int) -> tuple[str, str | None]:
    kinds = wish.kinds
    ground, water = "", None
    for kind, under, wet in IMPLIED:
        if kind in kinds:
            if not ground or (ground == "open" and under not in {"open", "beach"}):
                ground = under
            water = water or wet
    for word, wet in (("sea", "sea"), ("lake", "lake")):
        if word in kinds:
            water = wet
    if kinds & FLOATING and water is None:
        water = "lake" if ground in {"mountain", "forest", "hill", "volcano"} else "sea"
    if "sea" in wish.banned or "lake" in wish.banned:
        water = None if {"sea", "lake"} <= wish.banned or water in wish.banned else water
    if not ground:
        dice = random.Random(f"ground:{wish.chance}:{seed if not wish.chance else ''}")
        options = [("mountain", None), ("hill", None), ("open", "sea"), ("forest", None), ("mountain", "lake"),
                   ("dune", None), ("meadow", None), ("forest", "lake"), ("city", "lake"), ("hill", "lake")]  # fmt: skip
        ground, water = dice.choice([option for option in options if option[0] not in wish.banned])
    if ground == "open" and water is None:
        ground = "hill"
    return ground, water


def _lights(wish: Wish, hour: str, weather: frozenset[str], seed: int) -> list[Thing]:
    """The sun, the moon and the stars that the hour brings by itself."""
    kinds, banned = wish.kinds, wish.banned
    brought: list[Thing] = []
    if not kinds & {"sun", "moon", "crescent", "planet"} and not weather & {"storm", "rain"}:
        night = hour in {"night", "space"}
        kind = random.Random(f"{seed}:phase").choice(("moon", "moon", "crescent")) if night else "sun"
        if kind not in banned and "moon" not in banned | ({"moon"} if hour == "space" else set()):
            brought.append(Thing(kind))
        elif not night and "sun" not in banned:
            brought.append(Thing("sun"))
    if hour in {"night", "space"} and not weather and "stars" not in kinds | banned:
        brought.append(Thing("stars"))
    return brought


def _chosen(
    wish: Wish, ground: str, water: str | None, hour: str, weather: frozenset[str], seed: int
) -> tuple[Thing, ...]:
    """What the picture shows unasked: light, and one thing to look at where the words name none."""
    kinds, banned = wish.kinds, wish.banned
    brought = _lights(wish, hour, weather, seed)
    dice = random.Random(f"{seed}:unasked:{wish.chance}")
    focal = kinds - {"sea", "lake", "sun", "moon", "crescent", "stars", "cloud", "hill", "forest", "mountain", "dune",
                     "meadow", "river", "road", "island", "beach", "conifer", "snowcap", "city", "rainbow"}  # fmt: skip
    sparse = "minimal" in wish.styles
    if not focal and not sparse:
        options: dict[str, tuple[str, ...]] = {
            "open": ("boat", "boat", "lighthouse", "whale", "birds"), "mountain": ("birds", "person", "balloon", "house"),
            "hill": ("house", "tree", "balloon", "birds", "road"), "forest": ("deer", "birds", "tent", "person"),
            "dune": ("camel", "cactus", "birds", "person"), "meadow": ("tree", "house", "birds", "kite"),
            "city": ("birds", "birds", "plane"), "beach": ("boat", "palm", "birds"), "mesa": ("cactus", "birds"),
        }  # fmt: skip
        if water == "lake" and ground != "city":
            options[ground] = ("rowboat", "birds", "boat", "swan")
        allowed = [kind for kind in options.get(ground, ("birds",)) if kind not in banned]
        if allowed:
            brought.append(Thing(dice.choice(allowed)))
    names = kinds | {thing.kind for thing in brought}
    if "birds" not in names | banned and not sparse and hour not in {"night", "space", "neon"} and dice.random() < 0.5:
        brought.append(Thing("birds"))
    if "cloud" not in names | banned and not sparse and ("storm" in weather or hour not in {"fog", "space", "neon"}):
        if random.Random(f"{seed}:cloudy").random() < (1.0 if "storm" in weather else 0.6):
            brought.append(Thing("cloud"))
    return tuple(brought)


def mix_palette(scene: Scene, seed: int) -> Palette:
    """The colours for a scene."""
    name = scene.hour
    dice = random.Random(f"{seed}:palette:{name}")
    hour = dice.choice(HOURS[name])
    weather = next((kind for kind in ("storm", "rain", "fog", "snow") if kind in scene.weather and kind != name), None)
    if weather is not None:
        hour = _under(hour, weather, dice)
    grades = tuple(GRADES[grade] for grade in scene.wish.grades if grade in GRADES)
    if scene.hour == "neon":
        grades = tuple(GRADES[grade] for grade in scene.wish.grades if grade in GRADES and grade != "neon")
    if scene.manner.finish == "ink":
        grades = (*grades, lambda c: (0.44 + 0.57 * c[0], c[1] * 0.62, c[2] * 0.62 + 0.006))
    sky = scene.thing("sky")
    dye = lab(NAMED[sky.colour]) if sky is not None and sky.colour else None
    return Palette(hour, grades, dice.uniform(-9, 9), dye)


def _under(hour: "Hour", weather: str, dice: random.Random) -> "Hour":
    """An hour's sky with weather drawn over it."""
    from dataclasses import replace

    from .colour import mix, rgb

    other = dice.choice(HOURS[weather])
    share = 0.45 if weather in {"snow", "fog"} else 0.6
    lift = 0.6 if hour.dark > 0.6 else 1.0

    def blend(first: str, second: str) -> str:
        veil = lab(second)
        mixed = mix(lab(first), (veil[0] * lift, veil[1], veil[2]), share)
        return "".join(f"{part:02x}" for part in rgb(mixed))

    return replace(hour, sky=tuple(blend(a, b) for a, b in zip(hour.sky, other.sky, strict=True)), air=other.air)


from .hours import Hour  # noqa: E402
