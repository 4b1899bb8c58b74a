"""Engines that wait for work at a provider are woken by its calls, and by nobody else's."""

from __future__ import annotations

from atelier.engines.webhooks import Webhooks, said


def test_a_call_wakes_whoever_waits_for_that_prediction() -> None:
    webhooks = Webhooks()
    with webhooks.waiting("there", ["a", "b"]) as ours, webhooks.waiting("elsewhere", ["a"]) as theirs:
        webhooks.heard(said("there", "c"))
        assert not ours.is_set()
        webhooks.heard(said("there", "b"))
        assert ours.is_set()
        assert not theirs.is_set()
    webhooks.heard(said("there", "a"))  # nobody waits any more


def test_when_calls_may_have_been_missed_everybody_looks() -> None:
    webhooks = Webhooks()
    with webhooks.waiting("there", ["a"]) as one, webhooks.waiting("elsewhere", ["b"]) as other:
        webhooks.heard("")
        assert one.is_set()
        assert other.is_set()


def test_providers_call_by_https_alone() -> None:
    assert Webhooks("https://studio.test").address("there") == "https://studio.test/hooks/providers/there"
    assert Webhooks("http://127.0.0.1:8000").address("there") is None
