"""`atelier demo providers`: what it prints makes a studio that paints through its stand-ins."""

from __future__ import annotations

import io
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from PIL import Image
from tests.cli.conftest import Run
from tests.engines.work import contents, work

from atelier.catalog.catalog import Snapshot, read
from atelier.catalog.model import Model
from atelier.engines import Engines, Output


@contextmanager
def serving(environment: dict[str, str], *args: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, and what it printed before it waited."""
    command = [sys.executable, "-m", "atelier", "demo", "providers", *args]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout is not None
        printed = ""
        while 'id = "demo-openai-poster"' not in printed or "cost" not in printed.rpartition("[[model]]")[2]:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        yield process, printed
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


async def make(found: Snapshot, model: Model) -> bytes:
    engines = Engines()
    engines.configure(found.engines)
    picture = io.BytesIO()
    Image.new("RGB", (32, 32), "gray").save(picture, "PNG")
    edits = model.tool == "image.edit"
    input = {"instruction": "yellow"} if edits else {"prompt": "a red boat", "aspect_ratio": "1:1"}
    files = {"image": picture.getvalue()} if edits else None
    asked = {**input, "count": 1, "seed": 7, "format": "png", "steps": 2}
    wanted = work(model.tool, asked, files=files, provider_model=model.provider_model)
    made = [each async for each in engines.get(model.engine).make(wanted)]
    await engines.close()
    (output,) = [each for each in made if isinstance(each, Output)]
    return contents(output)


async def test_what_it_prints_is_a_catalog_whose_models_make_pictures(
    environment: dict[str, str], home: Path, tmp_path: Path
) -> None:
    with serving(environment, "--port", "0") as (_process, printed):
        path = tmp_path / "catalog.toml"
        path.write_text(printed)  # what is said around it are comments
        found = read(path, Engines().ids)
        assert [model.tool for model in found.models] == ["image.generate", "image.edit", "image.generate"]
        assert all((home / "demo" / name).stat().st_mode & 0o777 == 0o600 for name in ("replicate.key", "openai.key"))
        for model in found.models:
            assert Image.open(io.BytesIO(await make(found, model))).format == "PNG"


@pytest.mark.usefixtures("hears_ctrl_c")
@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_asked(environment: dict[str, str], asked: signal.Signals) -> None:
    with serving(environment, "--port", "0") as (process, printed):
        url = re.findall(r'url = "(.+)"', printed)[0]
        assert httpx.get(f"{url}/account", timeout=60).status_code == 401  # it waits for requests from now on
        process.send_signal(asked)
        said, _ = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (0, "")


def test_a_port_that_is_taken_is_named(atelier: Run, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = atelier("demo", "providers", "--port", str(port))
    assert refused.returncode == 1
    assert f"Port {port} of this machine cannot be listened on" in refused.stderr
    assert "--port" in refused.stderr
    assert not (home / "demo").exists()
