"""Errors that are reported elsewhere say what broke, and nothing of whom."""

from __future__ import annotations

import json
import subprocess
import sys

from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from atelier.base.crypto import new_token
from atelier.ops.records.errors import reporter


class Post(Transport):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope)


def test_a_report_says_what_broke_and_nothing_of_whom() -> None:
    post = Post()
    report = reporter("https://key@errors.invalid/1", environment="test", transport=post)
    secret, email = new_token(), "mara@example.org"
    try:
        password = f"hidden {secret}"
        raise ValueError(f"no {email} with {secret}" + password[:0])
    except ValueError as error:
        report({"event": "web:crashed", "exc_info": error, "request": "r-1", "member": "m-1", "prompt": "a red boat"})
    report({"event": "limits:degraded", "reason": "a red boat"})
    crash, message = (json.loads(envelope.items[0].payload.get_bytes()) for envelope in post.sent)
    said = json.dumps([crash, message])
    for hidden in (secret, email, "red boat", "password ="):
        assert hidden not in said, hidden
    assert crash["tags"] == {"event": "web:crashed", "request": "r-1", "member": "m-1"}
    (value,) = crash["exception"]["values"]
    assert value["type"] == "ValueError"
    assert value["stacktrace"]["frames"][-1]["function"] == "test_a_report_says_what_broke_and_nothing_of_whom"
    assert message["message"] == "limits:degraded"


def test_nobody_pays_for_it_unasked() -> None:
    asked = "import sys, atelier.cli.serve, atelier.cli.work, atelier.app; sys.exit('sentry_sdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
