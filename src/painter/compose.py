"""Deciding a picture: what the words say, and by chance what they leave open."""

from __future__ import annotations

from .chance import dice_for
from .elements import FLOATING, PETS, SITTERS, STANDING
from .scene import Kind, Manner, Scene
from .unasked import brought_by, chosen
from .wish import Wish

IMPLIED: tuple[tuple[str, str, str | None], ...] = (
    ("volcano", "volcano", None),
    ("snowcap", "mountain", None),
    ("mountain", "mountain", None),
    ("city", "city", None),
    ("mesa", "mesa", None),
    ("cactus", "dune", None),
    ("camel", "dune", None),
    ("dune", "dune", None),
    ("forest", "forest", None),
    ("conifer", "forest", None),
    ("birch", "forest", None),
    ("mushroom", "forest", None),
    ("lavender_field", "meadow", None),
    ("sunflower", "meadow", None),
    ("meadow", "meadow", None),
    ("beach", "beach", "sea"),
    ("palm", "beach", "sea"),
    ("hill", "hill", None),
    ("flower", "meadow", None),
    ("island", "open", "sea"),
    ("lighthouse", "open", "sea"),
    ("boat", "open", "sea"),
    ("ship", "open", "sea"),
    ("whale", "open", "sea"),
    ("dolphin", "open", "sea"),
    ("sea", "open", "sea"),
    ("rowboat", "open", "lake"),
    ("swan", "open", "lake"),
    ("fish", "open", "lake"),
    ("lake", "open", "lake"),
    ("river", "hill", None),
    ("bridge", "hill", "lake"),
    ("waterfall", "mountain", None),
    ("torii", "mountain", "lake"),
    ("tent", "forest", None),
    ("deer", "forest", None),
    ("bear", "forest", None),
    ("fox", "forest", None),
    ("sheep", "meadow", None),
    ("cow", "meadow", None),
    ("horse", "meadow", None),
    ("windmill", "meadow", None),
    ("blossom", "hill", None),
    ("elephant", "meadow", None),
    ("house", "hill", None),
    ("castle", "hill", None),
)
STYLES: dict[str, Manner] = {
    "poster": Manner(margin=True),
    "paper": Manner(shadows=True, finish="paper"),
    "ink": Manner(outlines=True, finish="ink"),
    "riso": Manner(finish="riso", margin=True),
    "watercolour": Manner(finish="watercolour", margin=True),
    "linocut": Manner(finish="linocut", margin=True),
    "gradient": Manner(),
    "minimal": Manner(sparse=True),
    "bauhaus": Manner(angular=True, flat=True),
    "abstract": Manner(angular=True, flat=True),
}
NIGHTLY = frozenset({"stars", "comet", "aurora", "galaxy", "owl", "moon", "crescent"})


def decide(wish: Wish, width: int, height: int, seed: int) -> Scene:
    """Everything about a picture but its strokes."""
    kind = _kind(wish)
    hour, weather = _hour(wish, seed, kind)
    ground, water = _ground(wish, seed)
    manner = Manner()
    for style in reversed(wish.styles):
        manner = STYLES[style]
    if len(wish.styles) > 1 and "minimal" in wish.styles:
        manner = Manner(**{**manner.__dict__, "sparse": True})
    dice = dice_for(f"{seed}:horizon:{water}")
    if water is not None:
        horizon = dice.uniform(0.47, 0.69) if height >= width else dice.uniform(0.46, 0.62)
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
        things += chosen(wish, ground, water, hour, weather, seed)
    elif kind == "sill":
        things += tuple(brought_by(wish, hour, weather, seed))
    return Scene(wish, kind, hour, weather, ground, water, horizon, things, manner, season)


def _on_shore(wish: Wish) -> bool:
    return any(thing.kind in STANDING for thing in wish.things)


def _kind(wish: Wish) -> Kind:
    kinds = wish.kinds
    scenery = (
        kinds
        - SITTERS
        - PETS
        - {
            "portrait",
            "flower",
            "sunflower",
            "moon",
            "sun",
            "stars",
            "window",
            "person",
            "crescent",
            "vase",
            "cup",
            "fruit",
            "cloud",
            "birds",
            "fish",
        }
    )
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
    if not kinds and not wish.hours and wish.chance and dice_for(f"kind:{wish.chance}").random() < 0.16:
        return "abstract"
    return "landscape"


def _hour(wish: Wish, seed: int, kind: Kind) -> tuple[str, frozenset[str]]:
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
    dice = dice_for(f"{seed}:hour:{wish.chance}")
    if kind in {"still", "portrait"}:
        return dice.choice(("dawn", "morning", "golden", "golden", "dusk")), weather
    if wish.kinds & {"sun", "rainbow", "kite", "sunflower", "sheep", "cow"}:
        return dice.choice(("morning", "noon", "golden", "golden")), weather
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
        dice = dice_for(f"ground:{wish.chance}:{seed if not wish.chance else ''}")
        options = [
            ("mountain", None),
            ("hill", None),
            ("open", "sea"),
            ("forest", None),
            ("mountain", "lake"),
            ("dune", None),
            ("meadow", None),
            ("forest", "lake"),
            ("city", "lake"),
            ("hill", "lake"),
        ]
        ground, water = dice.choice([option for option in options if option[0] not in wish.banned])
    if ground == "open" and water is None:
        ground = "hill"
    if ground == "city" and water is None and not wish.banned & {"sea", "lake"}:
        water = "lake" if _on_shore(wish) or "river" in kinds else dice_for(f"{seed}:quay").choice(("lake", None))
    return ground, water
