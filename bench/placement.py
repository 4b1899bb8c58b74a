"""A transformer of 20.4 GB on cards of 8 to 48 GB: by which plan it paints, how long, and beside accelerate's own plan.

Each size of card is a process of its own, which may take no more of the card than that. The model has FLUX.1's shape
and random weights; its time does not depend on them. It needs an NVIDIA card of more than the largest size, and says so
where there is none. `--quick` runs the same code with a model of a few megabytes on the processor.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

CAPS = (8, 12, 16, 22, 24, 48)  # GB
PEER_AT = 22  # GB: where the aim is
AIM = 3.0  # times as fast as the peer there
SIDE, STEPS = 1024, 28
TINY_SIDE, TINY_STEPS = 64, 2
LAYERS, SINGLE = 19, 26  # of FLUX.1's 38 single layers: 20.4 GB in 16 bits
MINUTES = 30


def run(options: list[str]) -> dict[str, Any]:
    """{"cards": [{"gb", "plan", "seconds", "peak_gb", "fault"}], "peer": {…}, "times_as_fast", "aim"}."""
    tiny = "--quick" in options
    if not tiny and not _has_card():
        raise SystemExit("bin/bench placement needs an NVIDIA card; --quick tries the code on the processor.")
    cards = [_child("ours", gb, tiny) for gb in CAPS]
    peer = _child("peer", PEER_AT, tiny)
    ours = next(card for card in cards if card["gb"] == PEER_AT)
    ratio = round(peer["seconds"] / ours["seconds"], 2) if peer["seconds"] and ours["seconds"] else None
    return {"cards": cards, "peer": [peer], "times_as_fast": ratio, "aim": AIM}


def _has_card() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _child(which: str, gb: int, tiny: bool) -> dict[str, Any]:
    """One measurement in a process of its own: what it leaves on the card goes with it."""
    command = [sys.executable, "-m", "bench.placement", which, str(gb), "tiny" if tiny else "whole"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=MINUTES * 60, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        fault = (done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:200]
        return {"gb": gb, "plan": "", "seconds": None, "peak_gb": None, "fault": fault}
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _measure(which: str, gb: int, tiny: bool) -> dict[str, Any]:
    import torch

    from atelier.engines.local.diffusion import placing
    from atelier.engines.local.placement import GB, Memory

    torch.manual_seed(0)
    device = torch.device("cpu" if tiny else "cuda")
    if not tiny:
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, gb * GB / total))

    class Card:
        """The card of this process, as if it had only so much memory."""

        def __init__(self) -> None:
            self.name, self.device = f"{gb} GB", device

        def free(self) -> int:
            return gb * GB - (0 if tiny else int(torch.cuda.memory_allocated()))

        def peak(self) -> int:
            if tiny:
                return 0
            most = int(torch.cuda.max_memory_reserved())
            torch.cuda.reset_peak_memory_stats()
            return most

        def empty(self) -> None:
            if not tiny:
                torch.cuda.empty_cache()

    pipe, size = _pipeline(tiny), (TINY_SIDE, TINY_SIDE) if tiny else (SIDE, SIDE)
    steps = TINY_STEPS if tiny else STEPS
    if which == "peer":
        plan = "accelerate"
        _by_accelerate(pipe, gb * GB, device)
    else:
        placed = placing.Placing(Card(), Memory(None), "bench")
        chosen = placed.plan(pipe, size, 0)
        placed.apply(pipe, chosen)
        plan = chosen.key
    _paint(pipe, size, 1)  # what is compiled and read at first is not a picture's time
    began = time.perf_counter()
    _paint(pipe, size, steps)
    seconds = time.perf_counter() - began
    peak = 0.0 if tiny else torch.cuda.max_memory_reserved() / GB
    return {"gb": gb, "plan": plan, "seconds": round(seconds, 2), "peak_gb": round(peak, 2), "fault": ""}


def _pipeline(tiny: bool) -> Any:
    """FLUX.1's parts with random weights: painter, readers of words, and decoder."""
    import torch
    from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast, T5Config, T5EncoderModel

    def tokenizer(length: int) -> Any:
        words = Tokenizer(models.WordLevel({"<pad>": 0, "</s>": 1, "<unk>": 2}, unk_token="<unk>"))
        words.pre_tokenizer = pre_tokenizers.Whitespace()
        marks = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
        return PreTrainedTokenizerFast(tokenizer_object=words, model_max_length=length, **marks)

    wide = 32 if tiny else 4096
    pooled = 32 if tiny else 768
    channels = 4 if tiny else 16
    blocks = (8, 8, 8, 8) if tiny else (128, 256, 512, 512)
    ends = {"eos_token_id": 1, "pad_token_id": 0}
    with torch.device("meta"):
        painter = FluxTransformer2DModel(
            in_channels=channels * 4,
            num_layers=1 if tiny else LAYERS,
            num_single_layers=1 if tiny else SINGLE,
            attention_head_dim=16 if tiny else 128,
            num_attention_heads=2 if tiny else 24,
            joint_attention_dim=wide,
            pooled_projection_dim=pooled,
            guidance_embeds=True,
            axes_dims_rope=(4, 6, 6) if tiny else (16, 56, 56),
        )
        t5 = T5EncoderModel(
            T5Config(
                d_model=wide,
                d_kv=16 if tiny else 64,
                d_ff=32 if tiny else 10240,
                num_layers=1 if tiny else 24,
                num_heads=2 if tiny else 64,
                vocab_size=32 if tiny else 32128,
                feed_forward_proj="gated-gelu",
                **ends,
            )
        )
    clip = CLIPTextModel(
        CLIPTextConfig(
            hidden_size=pooled,
            intermediate_size=pooled * 4,
            num_hidden_layers=1 if tiny else 12,
            num_attention_heads=2 if tiny else 12,
            max_position_embeddings=77,
            vocab_size=64,
            bos_token_id=1,
            **ends,
        )
    )
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=blocks,
        layers_per_block=1 if tiny else 2,
        latent_channels=channels,
        norm_num_groups=4 if tiny else 32,
        mid_block_add_attention=not tiny,
        use_quant_conv=False,
        use_post_quant_conv=False,
        shift_factor=0.1,
        scaling_factor=0.36,
    )
    half = torch.float32 if tiny else torch.bfloat16
    for part in (painter, t5):
        part.to(half)
        part.to_empty(device="cpu")
        for weight in part.parameters():
            weight.data.uniform_(-0.02, 0.02)
    clip.to(half)
    vae.to(half)
    pipe = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=vae,
        text_encoder=clip,
        tokenizer=tokenizer(77),
        text_encoder_2=t5,
        tokenizer_2=tokenizer(64 if tiny else 512),
        transformer=painter,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _by_accelerate(pipe: Any, cap: int, device: Any) -> None:
    """The parts as accelerate's `device_map="auto"` lays them: what fits is on the card, the rest comes by layer."""
    from accelerate import cpu_offload_with_hook, dispatch_model, infer_auto_device_map

    if device.type == "cpu":  # there is no card to divide
        return
    reserve = cap // 5  # for what is computed there
    parts = infer_auto_device_map(
        pipe.transformer,
        max_memory={0: cap - reserve, "cpu": 1 << 40},
        no_split_module_classes=["FluxTransformerBlock", "FluxSingleTransformerBlock"],
    )
    pipe.transformer = dispatch_model(pipe.transformer, parts)
    for name in ("text_encoder", "text_encoder_2", "vae"):
        part, _ = cpu_offload_with_hook(getattr(pipe, name), device)
        setattr(pipe, name, part)


def _paint(pipe: Any, size: tuple[int, int], steps: int) -> None:
    import torch

    with torch.inference_mode():
        pipe(
            prompt="a red boat",
            width=size[0],
            height=size[1],
            num_inference_steps=steps,
            guidance_scale=3.5,
            max_sequence_length=pipe.tokenizer_2.model_max_length,
            generator=torch.Generator().manual_seed(1),
        )
    if torch.cuda.is_available():
        torch.cuda.synchronize()


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], int(sys.argv[2]), sys.argv[3] == "tiny")))
