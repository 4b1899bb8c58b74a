"""A whole scene: sky, land or sea, and what stands in it."""

from __future__ import annotations

from house.world.fields import Attributes
from house.world.land import land
from house.world.mood import mood_of
from house.world.pen import Pen
from house.world.sky import birds, falling, fog, sky
from house.world.things import balloon, boat, house, tree
from house.world.water import water


def scene(pen: Pen, seed: int, a: Attributes, width: float, height: float) -> None:
    """Paint a scene from its attributes, far things first."""
    mood = mood_of(a, width, height)
    disc = sky(pen, mood, seed, a)
    if a["balloon"] != "none":
        balloon(pen, mood, seed, a["balloon"])
    if a["land"] == "sea":
        water(pen, mood, seed, disc)
    else:
        land(pen, mood, seed, a["land"])
    if a["weather"] == "fog":
        fog(pen, mood, seed)
    if a["birds"] == "yes":
        birds(pen, mood, seed)
    if a["house"] != "none":
        house(pen, mood, seed, a["house"])
    if a["boat"] != "none":
        boat(pen, mood, seed, a["boat"])
    if a["tree"] != "none":
        tree(pen, mood, seed, a["tree"])
    falling(pen, mood, seed)
