"""Measures a model: are words followed, edits granted, the rest left alone, and a face kept.

Each answer is a line in a file, so that a measurement can be cut into pieces and go on where it ended. A batch's are
there together or not at all.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from house.judge import asking, reader
from house.judge.generate import Options, edit, generate
from house.judge.intervals import Share, share
from house.judge.reading import places, read
from house.train import lora, pipeline, recipe
from house.world import paint
from house.world.fields import HATS_AND_SHIRTS, IDENTITY, Attributes
from house.world.rules import fields_of, visible

KEYS = ["generate", "hats_and_shirts", "edit", "edit_rest", "identity", "identity_base"]
PEOPLE = 10  # faces to learn
ANSWERS = "answers.jsonl"  # of a run's own measurement
LEARNED = "likeness"  # a LoRA for each face


@dataclass
class Measurement:
    """A model folder (with `model`, `judge` and perhaps `likeness` in it), and the file that answers go to."""

    folder: Path
    answers: Path
    device: torch.device
    batch: int
    steps: int
    guidance: float

    @cached_property
    def recipe(self) -> Any:
        return recipe.load(self.folder / "model")

    @cached_property
    def judge(self) -> Any:
        return reader.load("judge", self.folder / "judge", self.device)

    @cached_property
    def likeness(self) -> Any:
        return reader.load("likeness", self.folder / "judge", self.device)

    @cached_property
    def text(self) -> Any:
        return pipeline.open_text(self.folder / "model", self.device)

    @cached_property
    def kontext(self) -> Any:
        return pipeline.open_edit(self.folder / "model", self.device)

    def options(self, shape: str) -> Options:
        return Options(self.recipe.shapes[shape], self.steps, self.guidance, self.recipe.text_length)

    def done(self) -> dict[str, list[dict[str, Any]]]:
        """The answers so far, by what was asked."""
        found: dict[str, list[dict[str, Any]]] = {}
        for line in self.answers.read_text().splitlines() if self.answers.exists() else []:
            answer = json.loads(line)
            found.setdefault(answer["asked"], []).append(answer)
        return found

    def write(self, asked: str, batch: int, rows: list[dict[str, Any]]) -> None:
        self.answers.parent.mkdir(parents=True, exist_ok=True)
        known, new = self.answers.read_text() if self.answers.exists() else "", self.answers.with_suffix(".new")
        new.write_text(known + "".join(json.dumps({"asked": asked, "batch": batch, **row}) + "\n" for row in rows))
        new.replace(self.answers)


def run(m: Measurement, count: int, seconds: float, *, people: int = PEOPLE, learn: bool = True) -> dict[str, Any]:
    """Ask until there are `count` pictures a figure or the seconds are used; what is known so far.

    Without `learn`, only a face that was learned before is asked for: learning takes a minute.
    """
    until = time.monotonic() + seconds
    people = people if learn or learned_before(m, 0) else 0
    for ask in _turns(m, count, people):
        if time.monotonic() >= until:
            break
        ask()
    return summary(m.done())


def _turns(m: Measurement, count: int, people: int) -> Iterator[Callable[[], None]]:
    """What is still to be asked, the figures in turn, so that each has something when time is short."""
    done = {(answer["asked"], answer["batch"]) for rows in m.done().values() for answer in rows}
    batches = -(-count // m.batch)
    each = -(-count // (m.batch * max(1, people)))  # batches of each person
    for number in range(batches):
        if ("generate", number) not in done:
            yield lambda number=number: ask_generate(m, number)  # type: ignore[misc]
        if ("edit", number) not in done:
            yield lambda number=number: ask_edit(m, number)  # type: ignore[misc]
        if number < each * people and ("identity", number) not in done:
            yield lambda number=number: ask_identity(m, number, number // each)  # type: ignore[misc]


def ask_generate(m: Measurement, batch: int) -> None:
    """Pictures of held-out combinations, and what the judge sees in them."""
    shape, facts, texts = asking.prompts(batch, m.batch)
    pictures = generate(m.text, texts, _seeds(batch, m.batch), m.options(shape))
    seen = read(m.judge, pictures)
    m.write("generate", batch, [_right(a, b, fields_of(a)) for a, b in zip(facts, seen, strict=True)])


def ask_edit(m: Measurement, batch: int) -> None:
    """Edits, whether they are granted, and what else changed."""
    shape, edits = asking.wishes(batch, m.batch)
    size = tuple(m.recipe.shapes[shape])
    before = [paint(e.before, e.seed, size=size) for e in edits]
    after = edit(m.kontext, before, [e.wish for e in edits], _seeds(batch, m.batch), m.options(shape))
    rows = []
    for wanted, seen, picture in zip(edits, read(m.judge, after), after, strict=True):
        named = [f for f in wanted.fields if visible(wanted.after, f)]
        rest = [f for f in fields_of(wanted.after) if f not in wanted.fields]
        true = paint(wanted.after, wanted.seed, size=size)
        off = round(float(np.abs(true.astype(float) - picture).mean()), 2)
        rows.append({"wish": _right(wanted.after, seen, named), "rest": _right(wanted.after, seen, rest), "off": off})
    m.write("edit", batch, rows)


def ask_identity(m: Measurement, batch: int, number: int) -> None:
    """A person learned from photos, in new clothes and places, beside the model that never saw the photos."""
    known, facts, texts = asking.who(number), *asking.looks(number, batch, m.batch, lora.NAME)
    options, seeds = m.options("square"), _seeds(batch, m.batch)
    base = generate(m.text, texts, seeds, options)
    photos, words = lora.photos(known, m.recipe.photos, size=options.size)
    m.text.load_lora_weights(str(learned(m, number, photos, words)))
    try:
        pictures = generate(m.text, texts, seeds, options)
    finally:
        m.text.unload_lora_weights()
    near = (places(m.likeness, pictures) @ places(m.likeness, photos).T).mean(1).tolist()
    fields = [[f for f in fields_of(a) if f in IDENTITY] for a in facts]
    rows, after, before = [], read(m.judge, pictures), read(m.judge, base)
    for a, names, seen, plain, nearness in zip(facts, fields, after, before, near, strict=True):
        others = [f for f in fields_of(a) if f not in IDENTITY]
        row = {"kept": _right(a, seen, names), "base": _right(a, plain, names), "asked_for": _right(a, seen, others)}
        rows.append(row | {"near": round(nearness, 3), "person": number})
    m.write("identity", batch, rows)


def forget(folder: Path) -> None:
    """Of a run's former model or judge: its answers, and the faces that it learned."""
    (folder / ANSWERS).unlink(missing_ok=True)
    shutil.rmtree(folder / LEARNED, ignore_errors=True)


def learned_before(m: Measurement, number: int) -> bool:
    return (m.folder / LEARNED / str(number) / "learned.json").exists()


def learned(m: Measurement, number: int, photos: list[Any], words: list[list[str]]) -> Path:
    """The folder of a person's LoRA, learned now if it is not there."""
    place = m.folder / LEARNED / str(number)
    if not learned_before(m, number):
        pipe = pipeline.open_text(m.folder / "model", m.device)
        found = lora.learn(pipe, m.recipe, torch.from_numpy(np.stack(photos)), words, place)
        (place / "learned.json").write_text(json.dumps(found))
    return place


def _seeds(batch: int, size: int) -> list[int]:
    return [asking.SEED + batch * 10_000 + k for k in range(size)]


def _right(want: Attributes, seen: Attributes, fields: list[str]) -> dict[str, bool]:
    return {field: seen.get(field) == want[field] for field in fields}


def summary(done: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Every figure with its interval, each attribute by itself, and the mean likeness."""
    made, edits, faces = done.get("generate", []), done.get("edit", []), done.get("identity", [])
    answers = [{k: v for k, v in row.items() if k not in ("asked", "batch")} for row in made]
    clothed = [{f: row[f] for f in HATS_AND_SHIRTS if f in row} for row in answers if "shirt" in row]
    shares = {
        "generate": _share(answers),
        "hats_and_shirts": _share(clothed),
        "edit": share([(int(all(row["wish"].values())), 1) for row in edits if row["wish"]]),
        "edit_rest": _share([row["rest"] for row in edits]),
        "identity": _of_faces(faces, "kept"),
        "identity_base": _of_faces(faces, "base"),
        "identity_obeys": _of_faces(faces, "asked_for"),
        "scenes": _share([row for row in answers if "hour" in row]),
        "people": _share([row for row in answers if "who" in row]),
    }
    names = sorted({name for row in answers for name in row})
    each = {name: _share([{name: row[name]} for row in answers if name in row]) for name in names}
    off = [row["off"] for row in edits]
    near = [row["near"] for row in faces]
    return {
        **{key: _plain(shares[key])["value"] for key in KEYS},
        "shares": {name: _plain(found) for name, found in shares.items()},
        "attributes": {name: _plain(found) for name, found in each.items()},
        "edit_off": round(sum(off) / len(off), 2) if off else None,
        "likeness": round(sum(near) / len(near), 3) if near else None,
    }


def _plain(found: Share) -> dict[str, Any]:
    """As JSON: what was not asked is null."""
    if not found.pictures:
        return {"value": None, "low": None, "high": None, "pictures": 0}
    return {name: round(value, 4) for name, value in found.__dict__.items()}


def _of_faces(rows: list[dict[str, Any]], what: str) -> Share:
    """Pictures of one face share how well it was learned."""
    asked = [row for row in rows if row[what]]
    return share([(sum(row[what].values()), len(row[what])) for row in asked], [row["person"] for row in asked])


def _share(rows: list[dict[str, bool]]) -> Share:
    return share([(sum(row.values()), len(row)) for row in rows if row])
