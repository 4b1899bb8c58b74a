"""The world: captioned pictures drawn from attributes, edits of one attribute, and people who stay themselves."""

from house.world.captions import Caption, caption
from house.world.edits import Edit, draw_edit, draw_two
from house.world.identities import Person, person
from house.world.paint import Picture, paint
from house.world.rules import fields_of, held_out, tidy, visible
from house.world.sample import sample, sample_shape

__all__ = [
    "Caption",
    "Edit",
    "Person",
    "Picture",
    "caption",
    "draw_edit",
    "draw_two",
    "fields_of",
    "held_out",
    "paint",
    "person",
    "sample",
    "sample_shape",
    "tidy",
    "visible",
]
