"""Each line of docs/security.md names what proves it, and that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from atelier.ops.audit import CHECKS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
CHAPTERS = (
    "V1 Encoding and Sanitization",
    "V2 Validation and Business Logic",
    "V3 Web Frontend Security",
    "V4 API and Web Service",
    "V5 File Handling",
    "V6 Authentication",
    "V7 Session Management",
    "V8 Authorization",
    "V9 Self-contained Tokens",
    "V10 OAuth and OIDC",
    "V11 Cryptography",
    "V12 Secure Communication",
    "V13 Configuration",
    "V14 Data Protection",
    "V15 Secure Coding and Architecture",
    "V16 Security Logging and Error Handling",
    "V17 WebRTC",
)
MISSION = "A1 A9 B5 B6 B7 B8 B9 B10 B11 B12 B13 C6 D16 D17 E1 E9".split()  # noqa: SIM905 - as the mission writes them
LINES = [line for line in PAGE.partition("## V1 ")[2].splitlines() if line.startswith("| ") and "---" not in line]
PROMISES = [line for line in LINES if not line.startswith("| What is promised")]


def _tests(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("line", PROMISES, ids=range(len(PROMISES)))
def test_each_promise_names_a_proof_that_is_there(line: str) -> None:
    _, promise, proofs, _ = (cell.strip() for cell in line.split("|"))
    named = re.findall(r"`([^`]+)`", proofs)
    assert promise
    assert named, f"nothing proves: {promise}"
    for proof in named:
        file, _, test = proof.partition("::")
        if test:
            assert (ROOT / file).is_file(), proof
            assert test in _tests(ROOT / file), proof
        else:
            assert proof in {check.id for check in CHECKS}, proof


def test_every_chapter_is_there() -> None:
    assert re.findall(r"^## (V\d+ .*)$", PAGE, re.M) == list(CHAPTERS)


@pytest.mark.parametrize("id", MISSION)
def test_every_id_of_people_has_a_check_that_the_page_names(id: str) -> None:
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", PAGE))
    assert [check.id for check in CHECKS if id in check.mission and check.id in named]
