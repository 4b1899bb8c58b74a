"""What providers answer, as far as engines read it: what matters must be right, what only helps may be missing."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _fields(value: Any) -> Any:
    return value if isinstance(value, dict) else {}


def _amount(value: Any) -> float:
    """A number of seconds or tokens; 0 for anything else."""
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return max(0.0, float(value)) if known else 0.0


Helpful = Annotated[str, BeforeValidator(_text)]
Amount = Annotated[float, BeforeValidator(_amount)]


class Answer(BaseModel):
    """The base of every answer: what we do not read may be anything."""

    model_config = ConfigDict(extra="ignore", frozen=True, protected_namespaces=())


class Metrics(Answer):
    """What a prediction took, in seconds."""

    predict_time: Amount = 0.0


class Prediction(Answer):
    """A prediction of Replicate or of a Cog container."""

    id: Annotated[str, Field(pattern=r"^[\w.-]{0,200}$")] = ""
    status: str
    input: Annotated[dict[str, Any], BeforeValidator(_fields)] = {}
    output: Any = None
    error: Any = None
    logs: Helpful = ""
    metrics: Annotated[Metrics, BeforeValidator(_fields)] = Metrics()
    created_at: Helpful = ""
    data_removed: bool = False

    @property
    def reason(self) -> str:
        """Why it failed, in the model's own words, to stand behind a sentence; empty where it says nothing."""
        words = " ".join(_text(self.error).split())[:300].rstrip(".")
        return f": {words}" if words else ""


class Predictions(Answer):
    """A page of predictions, the newest first."""

    results: list[Prediction]


class Version(Answer):
    """A version of a model, with the OpenAPI document that names its inputs."""

    openapi_schema: Any = None


class ModelAtReplicate(Answer):
    """A model at Replicate."""

    owner: str
    name: str
    description: Helpful = ""
    license_url: Helpful = ""
    latest_version: Version | None = None


class Collection(Answer):
    """One of Replicate's lists of models."""

    models: list[ModelAtReplicate]


class Account(Answer):
    """Whose key it is."""

    username: str
    name: Helpful = ""


class Address(Answer):
    """Where something lies."""

    get: Annotated[str, Field(pattern=r"^https?://")]


class File(Answer):
    """A file that was sent to Replicate."""

    urls: Address


class Secret(Answer):
    """The secret with which Replicate signs its webhooks."""

    key: str


class Health(Answer):
    """How a Cog container is."""

    status: str


class Picture(Answer):
    """A picture of OpenAI's API: its bytes as base64, or where it lies."""

    b64_json: str | None = None
    url: str | None = None


class Tokens(Answer):
    """What OpenAI bills."""

    input_tokens: Amount = 0.0
    output_tokens: Amount = 0.0


class Pictures(Answer):
    """The answer of OpenAI's image API."""

    data: Annotated[list[Picture], Field(min_length=1)]
    usage: Annotated[Tokens, BeforeValidator(_fields)] = Tokens()


class Listed(Answer):
    """A model in OpenAI's list."""

    id: str


class Models(Answer):
    """OpenAI's list of models."""

    data: list[Listed]
