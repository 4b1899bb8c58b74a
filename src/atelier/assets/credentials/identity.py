"""With whose certificate the studio signs: its own, made when it is first needed, or one that the operator names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import DateTime, Text, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from atelier.assets.credentials.certificates import LIFE, authority_of, issue, signature_of
from atelier.base.clock import now
from atelier.base.crypto import derive
from atelier.base.db import Acting, Database, Table
from atelier.base.ids import new_id
from atelier.base.log import get_log
from atelier.base.seal import Seal

RENEWED = timedelta(days=365)  # before its certificate ends, the studio makes another
_PURPOSE = "key of content credentials"
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('credentials:identity'))")


class Signer(Table):
    """A certificate of the studio with its key, sealed by the studio's secret."""

    __tablename__ = "credential_signers"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(Text)
    certificates: Mapped[str] = mapped_column(Text)  # PEM, the signer's own first
    sealed_key: Mapped[str] = mapped_column(Text)
    expires_at: Mapped[object] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True, slots=True)
class Identity:
    """What signs: certificates (PEM, its own first), the algorithm as C2PA names it, and the signature itself."""

    certificates: str
    algorithm: str
    sign: Callable[[bytes], bytes] = field(repr=False)

    @property
    def authority(self) -> str:
        """The certificate that a reader trusts or not."""
        return authority_of(self.certificates)


@dataclass(slots=True)
class Credentials:
    """Whether and with what the studio signs. `own` has the files of the operator's certificates and key, PEM."""

    secret: str = field(repr=False)
    organisation: str = "Atelier"
    wanted: bool = True
    own: tuple[Path, Path] | None = None
    _found: Identity | None = field(default=None, repr=False)

    async def identity(self, database: Database) -> Identity | None:
        """What signs from now on; None where the operator wants no credentials. Opens a transaction of its own."""
        if not self.wanted:
            return None
        if self._found is None:
            if self.own:
                certificates, key = (path.read_text() for path in self.own)
                self._found = _identity(certificates, key)
            else:
                async with database.transaction(Acting.nobody()) as db:
                    self._found = await self._ours(db)
        return self._found

    async def authorities(self, database: Database) -> list[str]:
        """The authority of every certificate that the studio ever signed with, PEM, the newest first; it makes none."""
        async with database.transaction(Acting.nobody()) as db:
            chains = list((await db.execute(select(Signer.certificates).order_by(Signer.id.desc()))).scalars())
        if self.own:
            chains.insert(0, self.own[0].read_text())
        return list(dict.fromkeys(authority_of(chain) for chain in chains))

    async def _ours(self, db: AsyncSession) -> Identity:
        if found := await self._kept(db):
            return found
        await db.execute(_ONE_AT_A_TIME)  # two processes that begin together make one
        if found := await self._kept(db):
            return found
        at = now()
        certificates, key = issue(self.organisation, at)
        sealed = self._seal().close(key, purpose=_PURPOSE)
        db.add(
            Signer(
                id=new_id(),
                organisation=self.organisation,
                certificates=certificates,
                sealed_key=sealed,
                expires_at=at + LIFE,
            )
        )
        await db.flush()
        get_log().info("credentials:certificate", organisation=self.organisation)
        return _identity(certificates, key)

    async def _kept(self, db: AsyncSession) -> Identity | None:
        """The newest one of this name that lasts long enough and that the studio's secret opens."""
        usable = (Signer.organisation == self.organisation, Signer.expires_at > now() + RENEWED)
        for signer in (await db.execute(select(Signer).where(*usable).order_by(Signer.id.desc()))).scalars():
            key = self._seal().open(signer.sealed_key, purpose=_PURPOSE)
            if key is not None:
                return _identity(signer.certificates, key)
        return None

    def _seal(self) -> Seal:
        return Seal(derive(self.secret, "content credentials"))


def _identity(certificates: str, key: str) -> Identity:
    algorithm, sign = signature_of(key)
    return Identity(certificates, algorithm, sign)
