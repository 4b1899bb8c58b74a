"""A Cog container without its container: the server of the package `cog` and a small model, as a process."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from atelier.demo.replicate import MODELS

SERVE = """\
import sys
import coglet
coglet.server.serve("predict.py:Predictor", host="127.0.0.1", port=int(sys.argv[1]), output_temp_dir_base="output")
"""
MODEL = """\
import sys
import time
from pathlib import Path as File
from tempfile import mkdtemp

from cog import BasePredictor, Input, Path

from atelier.demo.painting import edited, painted


class Predictor(BasePredictor):
    def setup(self) -> None:
        if File("broken").exists():
            raise RuntimeError("The weights are missing.")

    def predict(
        self,
        prompt: str = Input(),
        seed: int = Input(default=0),
        num_inference_steps: int = Input(default=4),
        output_format: str = Input(default="png"),
        aspect_ratio: str = Input(default="1:1"),
        input_image: Path = Input(default=None),
    ) -> list[Path]:
        with File("begun").open("a") as begun:
            begun.write(f"{prompt}\\n")
        while File("held").exists():
            time.sleep(0.01)
        if "flagged" in prompt:
            raise ValueError("NSFW content detected.")
        if input_image:
            data = edited(File(input_image).read_bytes(), prompt, output_format)
        else:
            for step, steps, data in painted(prompt, (64, 64), seed, num_inference_steps, output_format):
                print(f"50%|#  | {step}/{steps} [00:00<00:00, 9it/s]", file=sys.stderr)
        out = File(mkdtemp(dir=".")) / f"out.{output_format}"
        out.write_bytes(data)
        return [Path(out)]
"""
PATIENCE = 60.0  # seconds in which a container has to start
KEY = "container-key"
FILES = Path("/tmp/coglet/predictions")  # where the server keeps each prediction's files, and leaves them


@dataclass(slots=True)
class Container:
    """A running server, the folder that it runs in, and its address."""

    folder: Path
    url: str

    def hold(self) -> None:
        """Keep predictions from ending until `release`."""
        (self.folder / "held").touch()

    def release(self) -> None:
        (self.folder / "held").unlink(missing_ok=True)

    @property
    def begun(self) -> list[str]:
        """The words of each prediction that the model began."""
        file = self.folder / "begun"
        return file.read_text().splitlines() if file.exists() else []

    def status(self) -> str:
        return str(httpx.get(f"{self.url}/health-check").json()["status"])


@contextmanager
def container(folder: Path, *, schema: bool = True, broken: bool = False) -> Iterator[Container]:
    """Start a server in `folder`, with or without the schema that `cog build` writes beside the model."""
    (folder / "predict.py").write_text(MODEL)
    (folder / "cog.yaml").write_text('predict: "predict.py:Predictor"\n')
    if broken:
        (folder / "broken").touch()
    if schema:
        (folder / ".cog").mkdir()
        (folder / ".cog/openapi_schema.json").write_text(json.dumps(_document()))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(port)],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdout=log,
            stderr=log,
        )
    try:
        running = Container(folder, f"http://127.0.0.1:{port}")
        _wait_until_it_answers(running, process)
        yield running
    finally:
        (folder / "held").unlink(missing_ok=True)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for id in set(re.findall(r'"prediction_id":"([0-9a-f-]+)"', (folder / "log").read_text())):
            shutil.rmtree(FILES / id, ignore_errors=True)


def _wait_until_it_answers(running: Container, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            if running.status() != "STARTING":
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"The Cog server did not start: {(running.folder / 'log').read_text()[-2000:]}")


def _document() -> dict[str, Any]:
    """The schema as `cog build` writes it; the stand-in of Replicate has the same inputs."""
    document = json.loads(json.dumps(MODELS["demo/poster"]["schema"]))
    properties = document["components"]["schemas"]["Input"]["properties"]
    properties["input_image"] = {"type": "string", "format": "uri", "title": "Input Image"}
    return {**document, "paths": {}}


class Gate:
    """What passes requests on to a container below `/v1` if they have the key, as a proxy before it does."""

    def __init__(self, behind: Container, key: str = KEY) -> None:
        self.behind = behind
        self.key = key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await (await self._answer(request))(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return JSONResponse({"error": "Unauthorized"}, 401)
        async with httpx.AsyncClient(timeout=60) as client:
            url = f"{self.behind.url}{request.url.path.removeprefix('/v1')}"
            headers = {"content-type": request.headers.get("content-type", "application/json")}
            found = await client.request(request.method, url, content=await request.body(), headers=headers)
        return Response(found.content, found.status_code, media_type=found.headers.get("content-type"))
