"""Signatures of webhooks: the specification's own example, and everything that is not exactly it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from atelier.base.webhooks import BadSignature, key_of, verify

# the example that implementations of the specification test themselves with
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
THEN = datetime.fromtimestamp(1614265330, UTC)


def test_a_message_that_is_signed_by_the_decoded_secret_is_taken() -> None:
    assert verify(key_of(SECRET), HEADERS, BODY, THEN) == HEADERS["webhook-id"]


def test_one_of_several_signatures_is_enough() -> None:
    several = f"v1,AAAA v1a,BBBB {HEADERS['webhook-signature']}"
    assert verify(key_of(SECRET), {**HEADERS, "webhook-signature": several}, BODY, THEN)


@pytest.mark.parametrize("secret", ["whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64!", ""])
def test_what_is_no_secret_is_refused_by_a_sentence(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        key_of(secret)


@pytest.mark.parametrize(
    ("changed", "body", "later"),
    [
        ({}, BODY + b" ", 0),
        ({"webhook-id": "msg_other"}, BODY, 0),
        ({"webhook-id": ""}, BODY, 0),
        ({"webhook-id": "m" * 151}, BODY, 0),
        ({"webhook-timestamp": "1614265331"}, BODY, 0),
        ({"webhook-timestamp": "now"}, BODY, 0),
        ({"webhook-timestamp": ""}, BODY, 0),
        ({"webhook-timestamp": "١٦١٤٢٦٥٣٣٠"}, BODY, 0),
        ({"webhook-signature": ""}, BODY, 0),
        ({"webhook-signature": HEADERS["webhook-signature"].removeprefix("v1,")}, BODY, 0),
        ({"webhook-signature": HEADERS["webhook-signature"].replace("v1,", "v2,")}, BODY, 0),
        ({"webhook-signature": "v1,ünknown"}, BODY, 0),
        ({}, BODY, 301),
        ({}, BODY, -301),
    ],
)
def test_everything_else_is_refused(changed: dict[str, str], body: bytes, later: float) -> None:
    with pytest.raises(BadSignature):
        verify(key_of(SECRET), {**HEADERS, **changed}, body, THEN + timedelta(seconds=later))


def test_the_secret_is_decoded_and_not_used_as_it_is_written() -> None:
    with pytest.raises(BadSignature):
        verify(SECRET.encode(), HEADERS, BODY, THEN)
