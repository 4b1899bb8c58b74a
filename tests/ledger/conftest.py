"""The bank of each of the ledger's tests."""

from __future__ import annotations

import pytest
from tests.ledger.bank import Bank, Saboteur

from atelier.base.db import Database, libpq_url
from atelier.base.migrate import OWNER


@pytest.fixture
async def bank(web_db: Database, worker_db: Database, operator_db: Database) -> Bank:
    return Bank(web_db, worker_db, operator_db)


@pytest.fixture
def saboteur(owner_url: str) -> Saboteur:
    return Saboteur(libpq_url(owner_url.replace(f"{OWNER}@", "postgres@", 1)))
