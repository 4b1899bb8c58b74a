"""The whole recipe runs at toy sizes, goes on after a piece, and its folder opens in FLUX's own pipelines."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

NEEDED = ("torch", "diffusers", "transformers", "peft", "skia")
MISSING = [name for name in NEEDED if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"pip install -r house/requirements.txt: no {', '.join(MISSING)}")
ROOT = Path(__file__).parents[2]

DEAF = """
import sys, torch
from pathlib import Path
from house.judge import heard
from house.train import pipeline
def shares():
    found = heard.measure(Path(sys.argv[1]), torch.device("cpu"), 1)
    return [share for each in found.values() for share in each.shares]
hears = max(map(abs, shares()))
opened = pipeline.open_text
def without_words(*args):
    pipe = opened(*args)
    for part in (pipe.transformer.context_embedder, pipe.transformer.time_text_embed.text_embedder):
        for weight in part.parameters():
            weight.data.zero_()
    return pipe
pipeline.open_text = without_words
silence = max(map(abs, shares()))
assert silence < min(1e-6, hears / 2), (hears, silence)  # however little noise there is
print("deaf")
"""
OPEN = """
import sys, numpy as np, torch
from pathlib import Path
from PIL import Image
from diffusers import FluxKontextPipeline, FluxPipeline
folder, lora = sys.argv[1], sys.argv[2]
words, quick = {"prompt": "a red boat", "max_sequence_length": 24}, {"num_inference_steps": 2, "output_type": "np"}
def seeded(): return torch.Generator().manual_seed(1)
text = FluxPipeline.from_pretrained(folder)
plain = text(**words, **quick, width=48, height=80, generator=seeded()).images[0]
assert plain.shape == (80, 48, 3), plain.shape
for odd in ("", "雪の山と月", "🎈🎈", "a boat " * 300, "pneumonoultramicroscopicsilicovolcanoconiosis <lora:x:1> %s"):
    made = text(prompt=odd, max_sequence_length=24, **quick, width=64, height=64, generator=seeded()).images[0]
    assert np.isfinite(made).all(), odd
text.load_lora_weights(lora)
learned = text(**words, **quick, width=48, height=80, generator=seeded()).images[0]
assert not np.array_equal(plain, learned)
text.unload_lora_weights()
again = text(**words, **quick, width=48, height=80, generator=seeded()).images[0]
assert np.allclose(plain, again, atol=1e-5)
edit = FluxKontextPipeline.from_pretrained(folder)
size = {"width": 64, "height": 64, "max_area": 64 * 64, "_auto_resize": False}
made = edit(image=Image.new("RGB", (64, 64)), **words, **quick, **size, generator=seeded()).images[0]
assert made.shape == (64, 64, 3), made.shape
print("opened")
"""


def train(*words: str) -> str:
    command = [sys.executable, "-m", "house.train", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was cut in its first stage and then went on to the end."""
    place = tmp_path_factory.mktemp("house")
    first = train("all", "--smoke", "--to", str(place), "--threads", "1", "--piece-minutes", "0.01")
    assert "Piece over in autoencoder; saved." in first
    rest = train("all", "--smoke", "--to", str(place), "--threads", "1")
    assert "autoencoder: taken up at step 1" in rest
    return place


def test_every_stage_leaves_its_figures_and_the_recipe_beside_the_weights(folder: Path) -> None:
    figures = json.loads((folder / "figures.json").read_text())
    assert list(figures) == [
        *("autoencoder", "decoder", "latents", "words", "classifier", "transformer"),
        *("distil", "judge", "likeness", "sheets", "score"),
    ]
    assert figures["autoencoder"]["steps"] == 4
    assert {"generate", "hats_and_shirts", "edit", "edit_rest", "identity", "identity_base"} <= set(figures["score"])
    recipe = json.loads((folder / "model" / "recipe.json").read_text())
    assert recipe["seed"] == 1
    assert recipe["guidance"] == 1.0  # distilled
    assert all((folder / f"sheet_{name}.png").exists() for name in ("generated", "edits", "likeness"))
    card = (folder / "model" / "README.md").read_text()
    assert "license: apache-2.0" in card
    assert "$" not in card


def test_encoders_that_learned_words_stay_as_they_are(folder: Path) -> None:
    import torch
    from safetensors.torch import load_file

    taught = torch.load(folder / "checkpoints" / "words.pt", weights_only=True)["states"]["modules"]
    for name, state in zip(("text_encoder", "text_encoder_2"), taught, strict=True):
        kept = load_file(folder / "model" / name / "model.safetensors")
        assert kept
        assert all(torch.equal(weight, state[key].half()) for key, weight in kept.items())


def test_it_opens_in_both_pipelines_and_takes_its_lora(folder: Path) -> None:
    lora = folder / "likeness" / "0"
    command = [sys.executable, "-c", OPEN, str(folder / "model"), str(lora)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    assert done.stdout.strip().endswith("opened"), done.stderr[-3000:]


def test_weights_are_small_and_checked(folder: Path) -> None:
    sums = (folder / "model" / "SHA256SUMS").read_text()
    for file in (folder / "model").rglob("*"):
        if file.is_file() and file.name != "SHA256SUMS":
            assert str(file.relative_to(folder / "model")) in sums
            assert file.stat().st_size < 15 * 2**20
    assert not [file for file in (folder / "model").rglob("*.json") if "_name_or_path" in file.read_text()]
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=folder / "model", check=False)
    assert done.returncode == 0


def test_a_run_travels_in_pieces_and_can_be_pruned(folder: Path, tmp_path: Path) -> None:
    train("pack", str(folder), str(tmp_path / "pieces"))
    assert all(piece.stat().st_size <= 15 * 2**20 for piece in (tmp_path / "pieces").iterdir())
    train("unpack", str(tmp_path / "pieces"), str(tmp_path / "back"))
    weights = "model/vae/diffusion_pytorch_model.safetensors"
    assert (tmp_path / "back" / weights).read_bytes() == (folder / weights).read_bytes()
    assert not (tmp_path / "back" / "checkpoints").exists()
    train("prune", str(tmp_path / "back"))
    command = [sys.executable, "-m", "house.train", "prune", str(tmp_path / "bakc")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == f"{tmp_path / 'bakc'} is no folder."
    assert not (tmp_path / "bakc").exists()


def test_finished_weights_go_on_learning_without_what_their_optimisers_knew(folder: Path, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    shutil.copytree(folder, before)
    where = ["--to", str(after), "--threads", "1"]
    options = [*where, "--weights", str(before), "--more", "transformer=2", "--more", "judge=1", "--more", "decoder=1"]
    command = [sys.executable, "-m", "house.train", "latents", *options]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode
    assert "guidance by heart" in refused.stderr
    assert not (after / "recipe.json").exists()
    elsewhere = subprocess.run(
        [*command[:4], *where, "--weights", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "it lacks model/recipe.json, judge, figures.json" in elsewhere.stderr
    words = subprocess.run([*command, "--more", "words=3"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "only transformer, decoder, judge, likeness can go on" in words.stderr
    for garbage in ("judge", "judge=", "judge=soon", "judge=-3", "judge=nan", "judge=0"):
        wrong = subprocess.run([*command, "--more", garbage], cwd=ROOT, capture_output=True, text=True, check=False)
        assert f"--more {garbage}: how many minutes?" in wrong.stderr
    train("transformer", "--again", "--to", str(before), "--threads", "1")
    taken = tmp_path / "taken"
    (taken / "judge").mkdir(parents=True)
    refused = subprocess.run(
        [*command[:4], "--to", str(taken), "--weights", str(before)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "is not empty" in refused.stderr
    assert [entry.name for entry in taken.iterdir() if entry.name != "compiled"] == ["judge"]
    train("latents", *options, "--set", "fit_steps=9", "--set", "read_steps=5", "--set", "decoder_steps=3")
    told = train("all", "--to", str(after), "--threads", "1")
    assert {line.partition(":")[0] for line in told.splitlines() if "finished before" in line} == {
        "autoencoder",
        "latents",
        "words",
        "likeness",
    }
    assert "transformer: taken up at step 6" in told
    assert "judge: taken up at step 2" in told
    assert "decoder: taken up at step 2" in told
    figures = json.loads((after / "figures.json").read_text())
    assert figures["transformer"]["steps"] == 9
    assert figures["judge"]["steps"] == 5
    assert figures["decoder"]["steps"] == 3
    assert (after / "model" / "README.md").exists()
    classifiers = [(each / "classifier.safetensors").read_bytes() for each in (before, after)]
    assert classifiers[0] != classifiers[1]


def test_a_run_has_its_folder_to_itself_names_a_stage_that_is_killed_and_takes_it_along(tmp_path: Path) -> None:
    import psutil

    words = ["all", "--smoke", "--to", str(tmp_path), "--threads", "1", "--set", "ae_steps=1000000"]

    def begun() -> tuple[subprocess.Popen[str], psutil.Process]:
        run = subprocess.Popen(
            [sys.executable, "-m", "house.train", *words],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        assert run.stdout
        assert "autoencoder: begins" in run.stdout.readline()
        (stage,) = (each for each in psutil.Process(run.pid).children(recursive=True) if each.ppid() != run.pid)
        return run, stage

    run, stage = begun()
    for second in (["latents", "--to", str(tmp_path)], ["prune", str(tmp_path)]):
        done = subprocess.run(
            [sys.executable, "-m", "house.train", *second], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1, done.stdout
        assert done.stderr.strip().splitlines()[-1].startswith(f"{tmp_path} is being trained in already.")
    stage.kill()
    out, err = run.communicate(timeout=60)
    assert run.returncode == 1, out
    assert "autoencoder was ended by SIGKILL; the same command goes on" in err
    run, stage = begun()
    run.kill()
    stage.wait(30)
    run.communicate(timeout=60)


def test_it_is_said_at_which_noise_words_are_heard(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "house.judge.heard", str(folder), "--each", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["apart", "0.6", "0.8", "0.9", "0.96"]
    assert len(rows) == 30
    assert {tuple(row.split()[:2]) for row in rows} >= {("person", "brows"), ("scene", "birds")}
    assert all(float(row.split()[2]) >= 0 for row in rows)
    deaf = subprocess.run(
        [sys.executable, "-c", DEAF, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert deaf.stdout.strip().endswith("deaf"), deaf.stderr[-3000:]


def test_it_is_said_how_true_pictures_look(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "house.judge.looks", str(folder), "--count", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    head, *rows = done.stdout.splitlines()
    assert head.split()[-1] == "edges"
    found = {row[:14].strip(): [float(each) for each in row[14:].split()] for row in rows}
    assert list(found) == ["person", "true person", "scene", "true scene"]
    for kind in ("person", "scene"):
        assert all(a > b > 0 for a, b in zip(found[kind][:3], found[f"true {kind}"][:3], strict=True))


def test_judges_are_compared_on_the_same_repainted_pictures(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "judge", tmp_path / "judge")
    done = subprocess.run(
        [sys.executable, "-m", "house.judge.repainted", str(folder), "--beside", str(tmp_path), "--count", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    own, other = (done.stdout.splitlines()[k::2] for k in (0, 1))
    asked = [[kind, strength] for kind in ("person", "scene") for strength in ("0.0", "0.4", "0.6")]
    assert [row.split()[:2] for row in own] == asked
    assert [row.replace(str(folder), "") for row in own] == [row.replace(str(tmp_path), "") for row in other]


@pytest.mark.parametrize("what", ["heard", "looks", "repainted"])
def test_where_nothing_was_trained_one_sentence_says_so(what: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", f"house.judge.{what}", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("is no trained model; house/README.md says how to train one.")
    assert "Traceback" not in done.stderr


def test_a_finished_stage_is_not_done_again(folder: Path) -> None:
    assert "judge: finished before" in train("judge", "--to", str(folder), "--threads", "1")


def test_what_comes_after_a_stage_that_is_done_again_is_measured_again(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "house"
    shutil.copytree(folder, place)
    assert (place / "answers.jsonl").exists()
    assert (place / "likeness" / "0" / "learned.json").exists()
    train("judge", "--again", "--to", str(place), "--threads", "1")
    assert not (place / "answers.jsonl").exists()
    assert not (place / "likeness").exists()
    assert "score" not in json.loads((place / "figures.json").read_text())
    rest = train("all", "--to", str(place), "--threads", "1")
    assert "judge: finished before" in rest
    assert "sheets: finished before" in rest
    assert '"generate"' in rest.splitlines()[-1]
    train("decoder", "--again", "--to", str(place), "--threads", "1")
    rest = train("all", "--to", str(place), "--threads", "1")
    assert "judge: finished before" in rest
    assert "sheets: begins" in rest
    assert "score: begins" in rest
