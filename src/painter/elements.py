"""Which kinds of things stand, float or sit."""

from .lexicon_looks import words_in

STANDING = words_in(
    "house village church castle windmill tent tree broadleaf birch palm blossom conifer person woman man "
    "cat dog fox deer horse sheep cow bear rabbit elephant camel owl cactus flower sunflower mushroom train"
)
FLOATING = words_in("boat rowboat ship whale dolphin fish swan lighthouse bridge torii")
SITTERS = words_in("woman man portrait")
PETS = words_in("cat dog rabbit owl fox")
