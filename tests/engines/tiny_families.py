"""Pipelines of every family, tiny and random, as files: `python -m tests.engines.tiny_families FAMILY FOLDER`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    Flux2Pipeline,
    Flux2Transformer2DModel,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from tests.engines import tiny
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import (
    Mistral3Config,
    Mistral3ForConditionalGeneration,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen3Config,
    Qwen3Model,
)

SHAPES = {"square": (64, 64), "tall": (64, 96), "wide": (96, 64)}  # FLUX.2 looks at no side below 64 pixels
SPECIAL = ("<pad>", "</s>", "<unk>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>")
WORDS = (*SPECIAL, "a", "red", "boat", "make", "it", "yellow", "picture", ":", "1", "2")
CHAT = "{% for m in messages %}{{ m['content'] if m['content'] is string else m['content'][0]['text'] }} {% endfor %}"


def tokenizer(length: int = 64) -> PreTrainedTokenizerFast:
    """Words by their places in a list."""
    words = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.normalizer, words.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    marks = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    made = PreTrainedTokenizerFast(tokenizer_object=words, model_max_length=length, chat_template=CHAT, **marks)
    made.add_special_tokens({"additional_special_tokens": list(SPECIAL[3:])})
    return made


def qwen_reader() -> Qwen2_5_VLForConditionalGeneration:
    place = {word: WORDS.index(word) for word in SPECIAL}
    return Qwen2_5_VLForConditionalGeneration(
        Qwen2_5_VLConfig(
            text_config={
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 2,
                "num_attention_heads": 2,
                "num_key_value_heads": 2,
                "rope_scaling": {"mrope_section": [1, 1, 2], "rope_type": "default", "type": "default"},
                "rope_theta": 1000000.0,
                "vocab_size": len(WORDS),
                "eos_token_id": 1,
                "pad_token_id": 0,
            },
            vision_config={
                "depth": 2,
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_heads": 2,
                "out_hidden_size": 16,
                "fullatt_block_indexes": [1],
            },
            vision_start_token_id=place["<|vision_start|>"],
            vision_end_token_id=place["<|vision_end|>"],
            vision_token_id=place["<|image_pad|>"],
            image_token_id=place["<|image_pad|>"],
            video_token_id=place["<|video_pad|>"],
        )
    )


def qwen_parts() -> dict[str, Any]:
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(),
        "vae": AutoencoderKLQwenImage(
            base_dim=8,
            z_dim=16,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
        ),
        "text_encoder": qwen_reader(),
        "tokenizer": tokenizer(),
        "transformer": QwenImageTransformer2DModel(
            in_channels=64,
            out_channels=16,
            num_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=16,
            axes_dims_rope=(4, 6, 6),
        ),
    }


def qwen_image() -> Any:
    return QwenImagePipeline(**qwen_parts())


def z_image() -> Any:
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(8, 8, 8, 8),
            layers_per_block=1,
            latent_channels=16,
            norm_num_groups=4,
            mid_block_add_attention=False,
            scaling_factor=0.36,
            shift_factor=0.1,
        ),
        text_encoder=Qwen3Model(
            Qwen3Config(
                vocab_size=len(WORDS),
                hidden_size=32,
                intermediate_size=32,
                num_hidden_layers=3,
                num_attention_heads=2,
                num_key_value_heads=2,
                head_dim=16,
                pad_token_id=0,
                eos_token_id=1,
            )
        ),
        tokenizer=tokenizer(),
        transformer=ZImageTransformer2DModel(
            in_channels=16,
            dim=32,
            n_layers=1,
            n_refiner_layers=1,
            n_heads=2,
            n_kv_heads=2,
            cap_feat_dim=32,
            axes_dims=[4, 6, 6],
            axes_lens=[256, 32, 32],
        ),
    )


def flux2() -> Any:
    reader = Mistral3ForConditionalGeneration(
        Mistral3Config(
            text_config={
                "model_type": "mistral",
                "vocab_size": len(WORDS),
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 31,
                "num_attention_heads": 2,
                "num_key_value_heads": 1,
                "head_dim": 8,
                "pad_token_id": 0,
                "eos_token_id": 1,
            },
            vision_config={
                "model_type": "pixtral",
                "hidden_size": 16,
                "intermediate_size": 16,
                "num_hidden_layers": 1,
                "num_attention_heads": 2,
                "image_size": 56,
                "patch_size": 14,
            },
            image_token_index=5,
        )
    )
    return Flux2Pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=AutoencoderKLFlux2(
            block_out_channels=(8, 8, 8, 8),
            layers_per_block=1,
            latent_channels=4,
            norm_num_groups=4,
            mid_block_add_attention=False,
        ),
        text_encoder=reader,
        tokenizer=tokenizer(),
        transformer=Flux2Transformer2DModel(
            in_channels=16,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=48,
            timestep_guidance_channels=16,
            axes_dims_rope=(4, 4, 4, 4),
        ),
    )


MAKERS = {"qwen-image": qwen_image, "z-image": z_image, "flux2": flux2}


def write(family: str, folder: Path) -> None:
    """Write the pipeline of a family and the sizes that it paints."""
    torch.manual_seed(0)
    if family.replace("-kontext", "") == "flux":
        tiny.write(folder)
        return
    MAKERS[family]().save_pretrained(folder)
    (folder / "recipe.json").write_text(json.dumps({"text_length": 16, "shapes": SHAPES}))


if __name__ == "__main__":
    write(sys.argv[1], Path(sys.argv[2]))
