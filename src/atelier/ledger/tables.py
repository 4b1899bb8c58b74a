"""The ledger's rows; only the database's own functions write them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table


class Account(Table):
    """Where credits are. A wallet (or earnings) has an owner, a running balance and a count of its lines."""

    __tablename__ = "accounts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID | None]
    balance: Mapped[int | None] = mapped_column(BigInteger)
    lines: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Transfer(Table):
    """One movement of `amount` credits, with the key that makes it happen once."""

    __tablename__ = "transfers"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    job_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    memo: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Posting(Table):
    """What a transfer does to one account: `amount` is signed, and those of a transfer sum to zero.

    On an owned account it is also a line of the statement: the `line`-th, with the `balance` after it.
    """

    __tablename__ = "postings"
    transfer_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[UUID | None]
    line: Mapped[int | None] = mapped_column(Integer)
    balance: Mapped[int | None] = mapped_column(BigInteger)


class Hold(Table):
    """The credits that a job has put aside: `held`, then `settled` for what it `used`, or `released`."""

    __tablename__ = "holds"
    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    amount: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    memo: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
