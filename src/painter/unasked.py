"""What a picture shows unasked: its light, and something to look at."""

from __future__ import annotations

from .chance import dice_for
from .wish import Thing, Wish


def brought_by(wish: Wish, hour: str, weather: frozenset[str], seed: int) -> list[Thing]:
    """The sun, the moon and the stars that the hour brings by itself."""
    kinds, banned = wish.kinds, wish.banned
    brought: list[Thing] = []
    if not kinds & {"sun", "moon", "crescent", "planet"} and not weather & {"storm", "rain"}:
        night = hour in {"night", "space"}
        kind = dice_for(f"{seed}:phase").choice(("moon", "moon", "crescent")) if night else "sun"
        if kind not in banned and "moon" not in banned | ({"moon"} if hour == "space" else set()):
            brought.append(Thing(kind))
        elif not night and "sun" not in banned:
            brought.append(Thing("sun"))
    if hour in {"night", "space"} and not weather and "stars" not in kinds | banned:
        brought.append(Thing("stars"))
    return brought


def chosen(
    wish: Wish, ground: str, water: str | None, hour: str, weather: frozenset[str], seed: int
) -> tuple[Thing, ...]:
    """What the picture shows unasked: light, and one thing to look at where the words name none."""
    kinds, banned = wish.kinds, wish.banned
    brought = brought_by(wish, hour, weather, seed)
    dice = dice_for(f"{seed}:unasked:{wish.chance}")
    focal = kinds - {
        "sea",
        "lake",
        "sun",
        "moon",
        "crescent",
        "stars",
        "cloud",
        "hill",
        "forest",
        "mountain",
        "dune",
        "meadow",
        "river",
        "road",
        "island",
        "beach",
        "conifer",
        "snowcap",
        "city",
        "rainbow",
    }
    sparse = "minimal" in wish.styles
    if not focal and not sparse:
        options: dict[str, tuple[str, ...]] = {
            "open": ("boat", "boat", "lighthouse", "whale", "birds"),
            "mountain": ("birds", "person", "balloon", "house"),
            "hill": ("house", "tree", "balloon", "birds", "road"),
            "forest": ("deer", "birds", "tent", "person"),
            "dune": ("camel", "cactus", "birds", "person"),
            "meadow": ("tree", "house", "birds", "kite"),
            "city": ("birds", "birds", "plane"),
            "beach": ("boat", "palm", "birds"),
            "mesa": ("cactus", "birds"),
        }
        if water == "lake" and ground != "city":
            options[ground] = ("rowboat", "birds", "boat", "swan")
        allowed = [kind for kind in options.get(ground, ("birds",)) if kind not in banned]
        if allowed:
            brought.append(Thing(dice.choice(allowed)))
    names = kinds | {thing.kind for thing in brought}
    if "birds" not in names | banned and not sparse and hour not in {"night", "space", "neon"} and dice.random() < 0.5:
        brought.append(Thing("birds"))
    dark = hour == "night" or bool(kinds & {"stars", "aurora", "galaxy", "comet"})
    likely = 1.0 if "storm" in weather else 0.0 if hour in {"fog", "space", "neon"} or sparse else 0.2 if dark else 0.6
    if "cloud" not in names | banned and dice_for(f"{seed}:cloudy").random() < likely:
        brought.append(Thing("cloud"))
    return tuple(brought)
