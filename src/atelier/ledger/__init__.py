"""The double-entry ledger: wallets, holds and what ends them, grants, statements, and the proof that all balances.

Credits are integers. Each verb takes the caller's transaction and never commits; the database refuses what is not the
acting member's, a wallet below zero, a transfer that doesn't balance, and any change to what was written.
"""

from atelier.ledger.check import Difference, Report, check
from atelier.ledger.grants import grant, set_welcome, welcome
from atelier.ledger.holds import NotEnoughCredits, extend, hold, holding, release, settle
from atelier.ledger.move import expire, move, reverse
from atelier.ledger.statement import Line, lines, statement
from atelier.ledger.wallet import Balance, balance, open_wallet

__all__ = [
    "Balance",
    "Difference",
    "Line",
    "NotEnoughCredits",
    "Report",
    "balance",
    "check",
    "expire",
    "extend",
    "grant",
    "hold",
    "holding",
    "lines",
    "move",
    "open_wallet",
    "release",
    "reverse",
    "set_welcome",
    "settle",
    "statement",
    "welcome",
]
