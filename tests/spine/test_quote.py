"""What a wish costs, in credits and in words."""

from __future__ import annotations

import pytest

from atelier.catalog import Catalog
from atelier.catalog.catalog import DEFAULT
from atelier.engines import Engines
from atelier.engines.kind import Machine
from atelier.spine import quote


@pytest.mark.parametrize(("count", "words"), [(1, "1 picture"), (4, "4 pictures")])
def test_a_quote_says_what_is_paid_for_and_quotes_no_prompt(count: int, words: str) -> None:
    quoted = quote(
        Catalog(DEFAULT, engines=Engines().ids, lack=Engines(Machine(local=False)).lack),
        "image.generate",
        None,
        {"prompt": "A boat", "count": count},
    )
    assert quoted.counted == words
