"""A stand-in for Replicate: models, predictions, files and signed webhooks (replicate.com/docs/reference/http)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from contextlib import suppress
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from atelier.base.clock import now
from atelier.demo.painting import FORMATS, edited, painted

KEY = "r8_demo"
SIZES = {"1:1": (896, 896), "3:4": (768, 1024), "4:3": (1024, 768), "9:16": (672, 1184), "16:9": (1184, 672)}
VERSION = hashlib.sha256(b"demo").hexdigest()


def _schema(title: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    shared = {
        "aspect_ratio": {"enum": list(SIZES), "type": "string", "title": "aspect_ratio"},
        "output_format": {"enum": ["webp", "jpg", "png"], "type": "string", "title": "output_format"},
    }
    input = {"type": "object", "title": "Input", "properties": properties, "required": required}
    return {
        "openapi": "3.0.2",
        "info": {"title": title, "version": "0.1"},
        "components": {"schemas": {"Input": input, **shared}},
    }


_COMMON: dict[str, Any] = {
    "prompt": {"type": "string", "title": "Prompt"},
    "seed": {"type": "integer", "title": "Seed"},
    "num_inference_steps": {"type": "integer", "title": "Steps", "minimum": 1, "maximum": 50, "default": 28},
    "output_format": {"allOf": [{"$ref": "#/components/schemas/output_format"}], "default": "webp"},
}
_SHAPED = {**_COMMON, "aspect_ratio": {"allOf": [{"$ref": "#/components/schemas/aspect_ratio"}], "default": "1:1"}}
MODELS: dict[str, dict[str, Any]] = {
    "demo/poster": {
        "description": "Paints posters from words",
        "license_url": "https://creativecommons.org/publicdomain/zero/1.0/",
        "schema": _schema("poster", _SHAPED, ["prompt"]),
    },
    "demo/recolour": {
        "description": "Changes the colour of a picture",
        "license_url": "https://creativecommons.org/publicdomain/zero/1.0/",
        "schema": _schema(
            "recolour", {**_COMMON, "input_image": {"type": "string", "format": "uri"}}, ["prompt", "input_image"]
        ),
    },
}


class Replicate:
    """The provider's state: predictions, files, and how long a step takes. `held` keeps predictions from ending.

    Webhooks go out by `transport`, and their answers are kept in `called`.
    """

    def __init__(self, *, key: str = KEY, step: float = 0.0) -> None:
        self.key = key
        self.step = step
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        self.predictions: dict[str, dict[str, Any]] = {}
        self.files: dict[str, tuple[bytes, str]] = {}
        self.held = asyncio.Event()
        self.held.set()
        self.transport: httpx.AsyncBaseTransport | None = None  # the network
        self.called: list[int] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/account", self._account),
                Route("/v1/models", self._models),
                Route("/v1/collections/text-to-image", self._collection),
                Route("/v1/models/{owner}/{name}", self._model),
                Route("/v1/models/{owner}/{name}/versions/{version}", self._version),
                Route("/v1/models/{owner}/{name}/predictions", self._create, methods=["POST"]),
                Route("/v1/predictions", self._create, methods=["POST"]),
                Route("/v1/predictions", self._list),
                Route("/v1/predictions/{id}", self._get),
                Route("/v1/predictions/{id}/cancel", self._cancel, methods=["POST"]),
                Route("/v1/files", self._upload, methods=["POST"]),
                Route("/v1/files/{id}", self._file),
                Route("/v1/webhooks/default/secret", self._secret),
                Route("/delivery/{name}", self._delivery),
            ]
        )

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        return _problem(401, "Unauthenticated", "You did not pass a valid authentication token")

    async def _account(self, request: Request) -> Response:
        return self._refusal(request) or JSONResponse({"type": "organization", "username": "demo", "name": "Demo"})

    async def _models(self, request: Request) -> Response:
        listed = [self._told(name) for name in MODELS]
        return self._refusal(request) or JSONResponse({"next": None, "previous": None, "results": listed})

    async def _collection(self, request: Request) -> Response:
        listed = [self._told(name) for name in MODELS]
        return self._refusal(request) or JSONResponse({"slug": "text-to-image", "models": listed})

    async def _model(self, request: Request) -> Response:
        name = "{owner}/{name}".format(**request.path_params)
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return (
            JSONResponse(self._told(name))
            if name in MODELS
            else _problem(404, "Not found", "The requested resource could not be found.")
        )

    async def _version(self, request: Request) -> Response:
        name = "{owner}/{name}".format(**request.path_params)
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if name not in MODELS or request.path_params["version"] != VERSION:
            return _problem(404, "Not found", "The requested resource could not be found.")
        return JSONResponse(self._told(name)["latest_version"])

    def _told(self, name: str) -> dict[str, Any]:
        owner, _, short = name.partition("/")
        model = MODELS[name]
        latest = {"id": VERSION, "created_at": "2026-01-01T00:00:00Z", "openapi_schema": model["schema"]}
        about = {"description": model["description"], "license_url": model["license_url"], "visibility": "public"}
        return {"owner": owner, "name": short, "run_count": 1, **about, "latest_version": latest}

    async def _create(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        body = await request.json()
        name = "{owner}/{name}".format(**request.path_params) if request.path_params else "demo/poster"
        if name not in MODELS or body.get("version", VERSION) != VERSION:
            return _problem(404, "Not found", "The requested resource could not be found.")
        schema = MODELS[name]["schema"]["components"]["schemas"]["Input"]
        input = body.get("input", {})
        faults = [
            f"- input: Additional property {key} is not allowed\n" for key in input.keys() - schema["properties"].keys()
        ]
        faults += [f"- input: {key} is required\n" for key in schema["required"] if key not in input]
        if faults:
            return _problem(422, "Input validation failed", "".join(faults))
        id = secrets.token_hex(13)
        origin = _origin(request)
        urls = {"get": f"{origin}/v1/predictions/{id}", "cancel": f"{origin}/v1/predictions/{id}/cancel"}
        self.predictions[id] = {
            "id": id, "model": name, "version": VERSION, "input": input, "logs": "", "output": None, "error": None,
            "status": "starting", "created_at": _now(), "started_at": None, "completed_at": None, "metrics": {},
            "urls": urls, "data_removed": False, "webhook": body.get("webhook"),
        }  # fmt: skip
        hook, events = (
            body.get("webhook"),
            body.get("webhook_events_filter") or ["start", "output", "logs", "completed"],
        )
        task = asyncio.create_task(self._work(id, f"{origin}/delivery/{id}", hook if "completed" in events else None))
        self._tasks[id] = task
        return JSONResponse(self.predictions[id], 201)

    async def _work(self, id: str, address: str, hook: str | None) -> None:
        prediction = self.predictions[id]
        input, began = prediction["input"], time.monotonic()
        prediction |= {"status": "processing", "started_at": _now()}
        try:
            format = input.get("output_format", "webp")
            if "flagged" in input["prompt"]:
                raise ValueError("NSFW content detected. Try running it again, or try a different prompt.")
            if source := input.get("input_image"):
                data = edited(await self._source(source), input["prompt"], format)
            else:
                data = b""
                size = SIZES[input.get("aspect_ratio", "1:1")]
                steps = painted(
                    input["prompt"], size, input.get("seed", 0), input.get("num_inference_steps", 28), format
                )
                while (stage := await asyncio.to_thread(next, steps, None)) is not None:
                    step, of, data = stage[0], stage[1], stage[2] or data
                    prediction["logs"] += f"{step * 100 // of:3d}%|##        | {step}/{of} [00:00<00:00, 9.00it/s]\n"
                    await asyncio.sleep(self.step)
            await self.held.wait()
            self.files[id] = (data, FORMATS[format][1])
            prediction |= {"status": "succeeded", "output": [f"{address}.{format}"]}
        except asyncio.CancelledError:
            prediction["status"] = "canceled"
        except ValueError as error:
            prediction |= {"status": "failed", "error": str(error)}
        prediction |= {"completed_at": _now(), "metrics": {"predict_time": round(time.monotonic() - began, 6)}}
        if hook:
            with suppress(httpx.HTTPError):
                await self._call(hook, prediction)

    async def _call(self, hook: str, prediction: dict[str, Any]) -> None:
        """Send a webhook, signed as Replicate signs them (replicate.com/docs/topics/webhooks/verify-webhook)."""
        body = json.dumps(prediction)
        id, at = f"msg_{secrets.token_hex(8)}", str(int(now().timestamp()))
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = base64.b64encode(hmac.digest(key, f"{id}.{at}.{body}".encode(), "sha256")).decode()
        headers = {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": f"v1,{signed}"}
        async with httpx.AsyncClient(transport=self.transport) as client:
            answer = await client.post(hook, content=body, headers={**headers, "content-type": "application/json"})
        self.called.append(answer.status_code)

    async def _source(self, address: str) -> bytes:
        if address.startswith("data:"):
            return base64.b64decode(address.partition(",")[2])
        return self.files[address.rpartition("/")[2]][0]

    async def _list(self, request: Request) -> Response:
        newest = list(reversed(self.predictions.values()))[:100]
        return self._refusal(request) or JSONResponse({"next": None, "previous": None, "results": newest})

    async def _get(self, request: Request) -> Response:
        found = self.predictions.get(request.path_params["id"])
        return self._refusal(request) or (
            JSONResponse(found) if found else _problem(404, "Not found", "Prediction not found")
        )

    async def _cancel(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        id = request.path_params["id"]
        if id not in self.predictions:
            return _problem(404, "Not found", "Prediction not found")
        self._tasks[id].cancel()
        await asyncio.wait([self._tasks[id]])
        if self.predictions[id]["completed_at"] is None:  # it had not even begun
            self.predictions[id] |= {"status": "canceled", "completed_at": _now()}
        return JSONResponse(self.predictions[id])

    async def _upload(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        async with request.form() as form:
            sent = form["content"]
            assert not isinstance(sent, str)
            data, content_type = await sent.read(), sent.content_type or "application/octet-stream"
        id = secrets.token_hex(16)
        self.files[id] = (data, content_type)
        address = f"{_origin(request)}/v1/files/{id}"
        return JSONResponse({"id": id, "size": len(data), "content_type": content_type, "urls": {"get": address}}, 201)

    async def _file(self, request: Request) -> Response:
        return await self._sent(request.path_params["id"])

    async def _delivery(self, request: Request) -> Response:
        return await self._sent(request.path_params["name"].partition(".")[0])

    async def _sent(self, id: str) -> Response:
        if id not in self.files:
            return _problem(404, "Not found", "There is no such file.")
        data, content_type = self.files[id]
        return Response(data, media_type=content_type)

    async def _secret(self, request: Request) -> Response:
        return self._refusal(request) or JSONResponse({"key": self.secret})


def _problem(status: int, title: str, detail: str) -> Response:
    return JSONResponse({"title": title, "detail": detail, "status": status}, status)


def _origin(request: Request) -> str:
    """The address of this server, and of its place in another one where it is mounted there."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"


def _now() -> str:
    return now().isoformat().replace("+00:00", "Z")
