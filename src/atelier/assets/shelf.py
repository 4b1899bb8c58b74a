"""The studio's files as other rooms hold them: the store and its links, opened once and put on the application."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from atelier.assets.credentials import Credentials
from atelier.assets.links import Links, Variant
from atelier.assets.store import Store
from atelier.assets.tables import Asset
from atelier.base.file_limits import Limits, limits_of


@dataclass(frozen=True, slots=True)
class Assets:
    """Where files lie, how links to them are made, and how large they may be.

    `app.state.store` holds the one of the application.
    """

    store: Store
    links: Links
    limits: Limits = field(default_factory=limits_of)  # of what members bring
    credentials: Credentials = field(default_factory=lambda: Credentials("", wanted=False))

    @classmethod
    def open(cls, where: str | Path, secret: str, limits: str = "", credentials: Credentials | None = None) -> Assets:
        """The files at a URL or in a folder, with links signed by the studio's secret; raises `BadStore`."""
        signed = credentials or Credentials(secret, wanted=False)
        return cls(Store.open(where), Links(secret), limits_of(limits), signed)

    def link(self, asset: Asset, variant: Variant = "original", *, download: bool = False) -> str:
        """The address of an asset's file; of its thumbnail where it has one, else of the original."""
        return self.link_to(asset.id, asset.member_id, variant if asset.thumb_path else "original", download=download)

    def link_to(self, asset_id: UUID, member_id: UUID, variant: Variant = "original", *, download: bool = False) -> str:
        """The same where only the ids are known."""
        return self.links.make(asset_id, member_id, variant, download=download)
