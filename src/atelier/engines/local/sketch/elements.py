"""Which kinds of things stand, float, fly or sit."""

STANDING = frozenset(
    "house village church castle windmill torii tent tree broadleaf birch palm blossom conifer person woman man cat dog "
    "fox deer horse sheep cow bear rabbit elephant camel owl cactus flower sunflower mushroom train".split()
)
FLOATING = frozenset("boat rowboat ship whale dolphin fish swan lighthouse bridge".split())
FLYING = frozenset("birds balloon kite plane rocket ufo".split())
SITTERS = frozenset("woman man portrait".split())
PETS = frozenset("cat dog rabbit owl fox".split())
