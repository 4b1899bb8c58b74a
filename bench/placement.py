"""A 20.4 GB transformer under caps of a GPU's memory: which plan it gets, seconds a picture, the most memory taken.

It needs an NVIDIA GPU, 40 GB of disk and 80 GB of memory, and says so where there is none. The weights are random and
of FLUX.1's shape, with fewer layers, and T5-XXL reads the words. Each cap is a process of its own, to which torch gives
no more memory than the cap. The peer, in the same run at 22 GB: accelerate's `device_map="auto"` for the same model.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

CAPS_GB = (8, 12, 16, 22, 24, 48)
PEER_GB, AIM = 22, 3.0
STEPS, SIDE, PICTURES = 28, 1024, 3
GB = 1_000_000_000
WORDS = 512


def run() -> dict[str, Any]:
    """{"rows": [{"cap_gb", "plan", "seconds", "peak_gb", "trouble"}], "peer": …, "times_faster": …}."""
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("bin/bench placement needs an NVIDIA GPU, and torch sees none here.")
    folder = Path(tempfile.mkdtemp(prefix="atelier-bench-"))
    try:
        _apart("write", folder, 0)
        total = torch.cuda.get_device_properties(0).total_memory
        rows = [_apart("ours", folder, cap) for cap in CAPS_GB if cap * GB <= total]
        peer = _apart("peer", folder, PEER_GB)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ours = next((row["seconds"] for row in rows if row["cap_gb"] == PEER_GB and row["seconds"]), None)
    faster = round(peer["seconds"] / ours, 1) if ours and peer["seconds"] else None
    return {"gpu": torch.cuda.get_device_name(), "rows": rows, "peer": peer, "times_faster": faster, "aim": AIM}


def _apart(what: str, folder: Path, cap: int) -> dict[str, Any]:
    """Do one thing in a process of its own; what it says, or how it broke."""
    command = [sys.executable, "-m", "bench.placement", what, str(folder), str(cap)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found
    lines = done.stderr.strip().splitlines()
    if what == "write":
        raise SystemExit(f"The weights could not be written: {lines[-1] if lines else done.returncode}")
    return {"cap_gb": cap, "plan": None, "seconds": None, "peak_gb": None, "trouble": lines[-1] if lines else "killed"}


def write(folder: Path) -> None:
    """Random weights in the shape of FLUX.1 with fewer layers: 20.4 GB, and readers of 9.8 GB."""
    import torch
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast, T5Config, T5EncoderModel

    def tokenizer(length: int) -> Any:
        known = Tokenizer(models.WordLevel({"<pad>": 0, "</s>": 1, "<unk>": 2}, unk_token="<unk>"))
        known.pre_tokenizer = pre_tokenizers.Whitespace()
        marks = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
        return PreTrainedTokenizerFast(tokenizer_object=known, model_max_length=length, **marks)

    def filled(make: Any) -> Any:
        torch.set_default_dtype(torch.bfloat16)
        with torch.device("cuda"):
            module = make()
        for each in module.parameters():
            torch.nn.init.normal_(each, std=0.02)
        return module.to("cpu")

    t5 = {"d_model": 4096, "d_kv": 64, "d_ff": 10240, "num_layers": 24, "num_heads": 64, "vocab_size": 32128}
    FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        transformer=filled(lambda: FluxTransformer2DModel(num_layers=16, num_single_layers=34, guidance_embeds=True)),
        text_encoder=filled(lambda: CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072))),
        text_encoder_2=filled(lambda: T5EncoderModel(T5Config(**t5, feed_forward_proj="gated-gelu"))),
        tokenizer=tokenizer(77),
        tokenizer_2=tokenizer(WORDS),
        vae=filled(
            lambda: AutoencoderKL(
                down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4,
                block_out_channels=(128, 256, 512, 512),
                layers_per_block=2,
                latent_channels=16,
                use_quant_conv=False,
                use_post_quant_conv=False,
                scaling_factor=0.3611,
                shift_factor=0.1159,
            )
        ),
    ).save_pretrained(folder)


def ours(folder: Path, cap: int) -> dict[str, Any]:
    """Pictures by the studio's own opening and placing."""
    import torch

    from atelier.engines.local.diffusion.opening import Openings
    from atelier.engines.local.diffusion.placing import Nvidia
    from atelier.engines.local.families import Task
    from atelier.engines.local.placement import Memory

    class Capped(Nvidia):
        def free(self) -> int:
            return min(super().free(), cap * GB)

    _cap(cap)
    openings = Openings(Memory(folder / f"placement-{cap}.json"), Capped)
    opened = openings.open(folder, "flux", Task.WORDS)
    openings.place((SIDE, SIDE), 0)
    assert openings.placed is not None
    seconds = _seconds(opened.pipe)
    peak = round(torch.cuda.max_memory_reserved() / GB, 1)
    return {"cap_gb": cap, "plan": openings.placed.key, "seconds": seconds, "peak_gb": peak, "trouble": None}


def peer(folder: Path, cap: int) -> dict[str, Any]:
    """Pictures as accelerate places the same weights by itself."""
    import torch
    from diffusers import FluxPipeline, FluxTransformer2DModel

    _cap(cap)
    room = {0: f"{cap - 4}GB", "cpu": "200GB"}  # what is computed needs the rest
    painter = FluxTransformer2DModel.from_pretrained(
        folder, subfolder="transformer", dtype=torch.bfloat16, device_map="auto", max_memory=room
    )
    pipe = FluxPipeline.from_pretrained(folder, transformer=None, dtype=torch.bfloat16)
    words, pooled, _ = pipe.encode_prompt("a red boat", None, max_sequence_length=WORDS)
    del pipe.text_encoder, pipe.text_encoder_2
    pipe = FluxPipeline.from_pretrained(
        folder, transformer=painter, text_encoder=None, text_encoder_2=None, dtype=torch.bfloat16
    )
    pipe.vae.to("cuda")
    seconds = _seconds(pipe, prompt_embeds=words.to("cuda"), pooled_prompt_embeds=pooled.to("cuda"))
    peak = round(torch.cuda.max_memory_reserved() / GB, 1)
    return {"cap_gb": cap, "plan": "device_map=auto", "seconds": seconds, "peak_gb": peak, "trouble": None}


def _cap(cap: int) -> None:
    import torch

    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(min(1.0, cap * GB / total))


def _seconds(pipe: Any, **asked: Any) -> float:
    """The fastest of some pictures; the first one warms up and does not count."""
    import torch

    times = []
    for _ in range(PICTURES):
        torch.cuda.synchronize()
        began = time.perf_counter()
        with torch.inference_mode():
            pipe(**(asked or {"prompt": "a red boat"}), width=SIDE, height=SIDE, num_inference_steps=STEPS)
        torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return round(min(times[1:]), 2)


if __name__ == "__main__":
    os.environ["HF_HUB_OFFLINE"] = "1"
    what, where, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if what == "write":
        write(where)
        print("{}")
    else:
        print(json.dumps({"ours": ours, "peer": peer}[what](where, size)))
