"""Whatever is no other kind. Members cannot bring it, and no tool takes it."""

from atelier.base.kinds.kind import Kind

FILE = Kind(id="file", rank=90, one="file", several="Other files", icon="cards", types={})
