"""Content Credentials (C2PA): a signed statement inside each picture of who made it, how, and from what."""

from atelier.assets.credentials.identity import Credentials, Identity
from atelier.assets.credentials.manifest import Ingredient, Origin, brought

__all__ = ["Credentials", "Identity", "Ingredient", "Origin", "brought"]
