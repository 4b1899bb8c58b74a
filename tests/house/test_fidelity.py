"""What the measurement says of answers, and of a model that is not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bench import fidelity as bench

SHARE = {"value": 0.97, "low": 0.95, "high": 0.985, "pictures": 500}
NOTHING = {"value": None, "low": None, "high": None, "pictures": 0}
KEYS = ["generate", "hats_and_shirts", "edit", "edit_rest", "identity", "identity_base"]


def test_the_table_stands_beside_the_prototype_and_says_what_was_not_asked() -> None:
    shares: dict[str, Any] = dict.fromkeys(KEYS, SHARE) | {"identity": NOTHING}
    lines = bench.table({"shares": shares}).splitlines()
    assert lines[2] == "| generate | 0.970 | 0.950 to 0.985 | 500 | .94 |"
    assert lines[6] == "| identity | not asked | | 0 | 1.00 |"


def test_without_a_model_it_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOUSE", str(tmp_path))
    with pytest.raises(SystemExit) as trouble:
        bench.run(["--quick"])
    assert "README.md" in str(trouble.value) or "requirements.txt" in str(trouble.value)


@pytest.mark.parametrize(
    ("options", "of", "kept"), [([], {}, True), (["--quick"], {}, False), ([], {"of": "elsewhere"}, False)]
)
def test_only_the_whole_measurement_of_what_ships_is_kept(
    options: list[str],
    of: dict[str, str],
    kept: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("asyncpg", reason="bin/bench needs what the studio needs")
    from bench import __main__ as benches

    monkeypatch.setattr(bench, "run", lambda options: {"shares": dict.fromkeys(KEYS, SHARE)} | of)
    monkeypatch.setattr(benches, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(benches, "PAGE", tmp_path / "benchmarks.md")
    assert benches.main(["fidelity", *options]) == 0
    assert ("| generate | 0.970 |" in capsys.readouterr().out) is not kept  # kept on a page, it is printed as JSON
    assert (tmp_path / "results" / "fidelity.json").exists() is kept
    assert (tmp_path / "benchmarks.md").exists() is kept


def test_another_judge_of_the_same_model_gives_answers_of_its_own(tmp_path: Path) -> None:
    names = []
    for judge in (b"a", b"b"):
        for name, content in {"model/SHA256SUMS": b"sums", "judge/judge.safetensors": judge}.items():
            file = tmp_path / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
        names.append(bench.kept_in(tmp_path))
    assert names[0] != names[1]
    assert bench.kept_in(tmp_path) == names[1]


def test_a_batch_of_answers_is_kept_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="the judge needs torch: pip install -r house/requirements.txt")
    pytest.importorskip("skia", reason="the painter needs skia-python: pip install -r house/requirements.txt")
    from house.judge import fidelity

    m = fidelity.Measurement(tmp_path, tmp_path / "of" / "answers.jsonl", Any, 2, 20, 1.0)
    m.write("generate", 0, [{"hat": True}, {"hat": False}])
    asked, dumps = [], json.dumps

    def killed(row: dict[str, Any]) -> str:
        asked.append(row)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return dumps(row)

    monkeypatch.setattr(json, "dumps", killed)
    with pytest.raises(KeyboardInterrupt):
        m.write("generate", 1, [{"hat": True, "long": "x" * 9000}] * 4)
    monkeypatch.undo()
    assert [row["batch"] for row in m.done()["generate"]] == [0, 0]
    m.write("generate", 1, [{"hat": True}])
    assert [row["batch"] for row in m.done()["generate"]] == [0, 0, 1]


def test_answers_become_the_six_figures() -> None:
    pytest.importorskip("torch", reason="the judge needs torch: pip install -r house/requirements.txt")
    pytest.importorskip("skia", reason="the painter needs skia-python: pip install -r house/requirements.txt")
    from house.judge.fidelity import summary

    done = {
        "generate": [{"asked": "generate", "batch": 0, "who": True, "shirt": True, "hat": False, "skin": True}],
        "edit": [
            {"wish": {"hat": True, "hat_colour": True}, "rest": {"skin": True, "who": False}, "off": 4.0},
            {"wish": {"hat": True, "hat_colour": False}, "rest": {"skin": True, "who": True}, "off": 6.0},
        ],
    }
    found = summary(done)
    assert [found[key] for key in KEYS] == [0.75, 0.5, 0.5, 0.75, None, None]
    assert found["edit_off"] == 5.0
    assert found["attributes"]["hat"]["value"] == 0.0
