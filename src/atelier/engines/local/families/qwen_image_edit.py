"""Qwen-Image-Edit 2511 of Alibaba: edits by instruction, with further pictures to look at."""

from __future__ import annotations

from typing import Any

from atelier.engines.local.families.family import Task
from atelier.engines.local.families.qwen_image import QwenImage


class QwenImageEdit(QwenImage):
    """The pictures are shown to its reader of words as well as to its painter."""

    id = "qwen-image-edit"
    pipelines = {Task.EDIT: "QwenImageEditPlusPipeline", Task.REPAINT: "QwenImageEditInpaintPipeline"}
    references = 4

    def pictures(self, task: Task, seen: list[Any]) -> dict[str, Any]:
        return {"image": seen} if task is Task.EDIT else {"image": seen[0]}


FAMILY = QwenImageEdit()
