"""The ledger's rows; only the database's own functions write them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Integer, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from atelier.base.db import Table


class Account(Table):
    """Where credits are. A wallet, earnings or a debt has an owner, a running balance and a count of its lines.

    A debt's balance is what its owner owes, below zero; every other one is zero or more.
    """

    __tablename__ = "accounts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID | None]
    balance: Mapped[int | None] = mapped_column(BigInteger)
    lines: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Transfer(Table):
    """One movement of `amount` credits, with the key that makes it happen once.

    `hold_id` names the hold that it makes, extends or ends; `reverses` the transfer that it takes back.
    """

    __tablename__ = "transfers"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    hold_id: Mapped[UUID | None]
    member_id: Mapped[UUID | None]
    memo: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reverses: Mapped[UUID | None]


class Posting(Table):
    """What a transfer does to one account: `amount` is signed, and those of a transfer sum to zero.

    On an owned account it is also a line of the statement: the `line`-th, with the `balance` after it. On a wallet,
    `parts` says how many credits each of the `lots` got or gave; they sum to `amount`.
    """

    __tablename__ = "postings"
    transfer_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    member_id: Mapped[UUID | None]
    line: Mapped[int | None] = mapped_column(Integer)
    balance: Mapped[int | None] = mapped_column(BigInteger)
    lots: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    parts: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))


class Hold(Table):
    """Credits put aside for a job, a call, a ticket or a payout.

    They are `held`, then `settled` for what was `used`, or `released`. `id` is that of what they are held for. They
    come from `lots`, `parts` of each, and are used in that order.
    """

    __tablename__ = "holds"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID]
    amount: Mapped[int] = mapped_column(BigInteger)
    used: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(Text)
    memo: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lots: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    parts: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))


class Lot(Table):
    """Credits that came into a wallet together, from one `source`, and may expire; `rest` of them are still there.

    `id` is that of the transfer that brought them, except for what was in a wallet before there were lots: of those,
    `began` says how many credits were there.
    """

    __tablename__ = "lots"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    member_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    amount: Mapped[int] = mapped_column(BigInteger)
    rest: Mapped[int] = mapped_column(BigInteger)
    open: Mapped[bool]
    began: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
