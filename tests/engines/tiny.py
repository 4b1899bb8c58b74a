"""A FLUX pipeline of a few hundred kilobytes with random weights: `python -m tests.engines.tiny FOLDER`."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import CLIPTextConfig, CLIPTextModel, PreTrainedTokenizerFast, T5Config, T5EncoderModel

LENGTH, WIDTH, LATENT = 16, 32, 4
WORDS = ["<pad>", "</s>", "<unk>", "a", "red", "boat", "make", "it", "yellow"]


def write(folder: Path) -> None:
    """Write the pipeline, its recipe and its checksums."""
    torch.manual_seed(0)
    text = {"vocab_size": len(WORDS), "eos_token_id": 1, "pad_token_id": 0}
    pipe = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(8, 8, 8, 8),
            layers_per_block=1,
            latent_channels=LATENT,
            norm_num_groups=4,
            mid_block_add_attention=False,
            use_quant_conv=False,
            use_post_quant_conv=False,
            shift_factor=0.1,
        ),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                hidden_size=WIDTH,
                intermediate_size=WIDTH,
                num_hidden_layers=1,
                num_attention_heads=2,
                max_position_embeddings=LENGTH,
                projection_dim=WIDTH,
                bos_token_id=1,
                **text,
            )
        ),
        tokenizer=_tokenizer(),
        text_encoder_2=T5EncoderModel(T5Config(d_model=WIDTH, d_kv=16, d_ff=32, num_layers=1, num_heads=2, **text)),
        tokenizer_2=_tokenizer(),
        transformer=FluxTransformer2DModel(
            in_channels=LATENT * 4,
            num_layers=1,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=WIDTH,
            pooled_projection_dim=WIDTH,
            guidance_embeds=False,
            axes_dims_rope=(4, 6, 6),
        ),
    )
    pipe.save_pretrained(folder)
    shapes = {"square": (64, 64), "tall": (48, 64), "wide": (64, 48)}
    (folder / "recipe.json").write_text(json.dumps({"text_length": LENGTH, "shapes": shapes}))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files)
    (folder / "SHA256SUMS").write_text(sums)


def _tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.normalizer, words.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    marks = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=words, model_max_length=LENGTH, **marks)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
