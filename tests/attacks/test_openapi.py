"""schemathesis over the whole OpenAPI, on a studio that listens: no 5xx, and every answer as it is described."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.attacks.conftest import Live

# what each answer must keep to; what a wish may hold is richer than JSON schema says, so a refusal of one that keeps to
# the schema is no fault (a model that is off, an id that is nobody's)
# Without `unsupported_method`: it sends a body with GET, which is refused before any route is looked for. That another
# method is answered 405 with all that are allowed stands in tests/web/test_methods.py.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "ignored_auth",
)


def schemathesis(live: Live, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{live.address}/api/v1/openapi.json"),
            *("--header", f"Authorization: Bearer {live.token}"),
            *("--checks", ",".join(CHECKS)),
            *(
                "--exclude-path",
                "/api/v1/jobs/{job_id}/events",
            ),  # a stream that ends with its job; tests/web/test_live.py
            *("--seed", "20261121", "--no-color", "--request-timeout", "5", "--generation-database", "none"),
            *more,
        ],
        capture_output=True,
        text=True,
        timeout=500,
        cwd=folder,  # it leaves what it tried there
    )


def test_every_route_of_the_api_answers_as_it_says(live: Live, tmp_path: Path) -> None:
    done = schemathesis(live, tmp_path, "--max-examples", "2", "--phases", "examples,coverage,fuzzing")
    assert done.returncode == 0, done.stdout[-12000:] + done.stderr[-2000:]
