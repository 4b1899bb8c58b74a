"""Members' files: stored, measured, linked to, found again and let go.

A file enters by `keep` (bytes into the store, no transaction held) and `add` (its row and the fact, in yours).
"""

from atelier.assets.keep import Kept, add, keep, keep_file
from atelier.assets.library import get
from atelier.assets.shelf import Assets
from atelier.assets.store import StorageFull, Store
from atelier.assets.tables import Asset, Source

__all__ = ["Asset", "Assets", "Kept", "Source", "StorageFull", "Store", "add", "get", "keep", "keep_file"]
