"""A stand-in for OpenAI's image API (platform.openai.com/docs/api-reference/images)."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from atelier.base.clock import now
from atelier.demo.painting import FORMATS, edited, fits, painted

KEY = "sk-demo"
MODELS = ("gpt-image-1", "demo-poster")
OWN_SIZES = ("1024x1024", "1024x1536", "1536x1024", "auto")


class OpenAI:
    """Answers when the picture is finished. `gpt-image-1` keeps OpenAI's own rules, `demo-poster` those of others."""

    def __init__(self, *, key: str = KEY) -> None:
        self.key = key

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/models", self._models),
                Route("/v1/images/generations", self._generate, methods=["POST"]),
                Route("/v1/images/edits", self._edit, methods=["POST"]),
            ]
        )

    async def _models(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return JSONResponse({"object": "list", "data": [{"id": each, "object": "model"} for each in MODELS]})

    async def _generate(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        return await self._answer(await request.json(), None)

    async def _edit(self, request: Request) -> Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        async with request.form() as form:
            fields: dict[str, Any] = {name: value for name, value in form.items() if isinstance(value, str)}
            sent = form.get("image") or form.get("image[]")
            if sent is None or isinstance(sent, str):
                return _error(400, "invalid_request_error", "Missing required parameter: 'image'.")
            picture = await sent.read()
            mask = form.get("mask")
            masked = await mask.read() if mask is not None and not isinstance(mask, str) else None
        if masked is not None and not fits(picture, masked):
            return _error(400, "invalid_request_error", "Invalid mask: not a PNG with alpha of the image's size.")
        return await self._answer(fields, picture, masked)

    async def _answer(self, fields: dict[str, Any], picture: bytes | None, mask: bytes | None = None) -> Response:
        model, words = fields.get("model"), fields.get("prompt", "")
        if model not in MODELS:
            return _error(404, "invalid_request_error", f"The model '{model}' does not exist.")
        own = model == "gpt-image-1"
        if own and (unknown := {"response_format", "seed"} & fields.keys()):
            return _error(400, "invalid_request_error", f"Unknown parameter: '{unknown.pop()}'.")
        size = str(fields.get("size", "1024x1024"))
        if own and size not in OWN_SIZES:
            return _error(400, "invalid_request_error", f"Invalid value: '{size}'.")
        if "flagged" in words:
            said = "Your request was rejected as a result of our safety system."
            return _error(400, "image_generation_user_error", said)
        format = fields.get("output_format", "png")
        data = await asyncio.to_thread(_made, words, size, int(fields.get("seed", 0)), format, picture, mask)
        answer: dict[str, Any] = {
            "created": int(now().timestamp()),
            "data": [{"b64_json": base64.b64encode(data).decode()}],
        }
        if own:
            answer["usage"] = {"input_tokens": len(words.split()), "output_tokens": 1056, "total_tokens": 1056}
        return JSONResponse(answer)

    def _refusal(self, request: Request) -> Response | None:
        if request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        return _error(401, "invalid_request_error", "Incorrect API key provided.")


def _made(words: str, size: str, seed: int, format: str, picture: bytes | None, mask: bytes | None) -> bytes:
    if format not in FORMATS:
        format = "png"
    if picture is not None:
        return edited(picture, words, format, mask)
    width, height = map(int, size.split("x"))
    data = b""
    for _, _, last in painted(words, (width, height), seed, 8, format):
        data = last or data
    return data


def _error(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"error": {"message": message, "type": kind, "param": None, "code": None}}, status)
