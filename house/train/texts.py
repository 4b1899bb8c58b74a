"""Tokenizers and text encoders of the classes that FluxPipeline expects, with the world's own vocabulary."""

from __future__ import annotations

import collections
import json
import math
import random
import re
import string
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
)

from house.train.recipe import Recipe
from house.world import caption, draw_edit, sample

ALPHABET = string.ascii_lowercase
KNOWN = [
    "picture",
    "image",
    "photo",
    "painting",
    "drawing",
    "person",
    "face",
    "girl",
    "boy",
    "lady",
    "she",
    "he",
    "his",
    "her",
    "who",
    "has",
    "night",
    "day",
    "blonde",
    "gray",
    "ginger",
    "snow",
    "desert",
    "trees",
    "water",
    "ocean",
    "ship",
    "sailboat",
    "sky",
    "clouds",
    "evening",
    "morning",
    "noon",
    "sunset",
    "sunrise",
    "moonlight",
    "cap",
    "sweater",
    "jumper",
    "not",
    "without",
    "no",
    "very",
    "small",
    "big",
    "make",
    "change",
    "remove",
    "add",
    "put",
    "turn",
    "into",
    "it",
    "keep",
    "same",
    "behind",
    "style",
    "poster",
    "zoe",
    "two",
    "three",
    "and",
    "with",
    "of",
]
WORD = re.compile(r"[a-z]+")


def corpus(seed: int = 5, count: int = 12_000) -> list[str]:
    """Many captions and wishes, to learn the vocabulary from."""
    rng = random.Random(seed)
    lines = [caption(sample(rng, None, None), rng).text for _ in range(count)]
    lines += [draw_edit(rng, held=None).wish for _ in range(count // 3)]
    return lines + KNOWN * 20 + list(ALPHABET + string.digits) * 20


def clip_tokenizer(lines: list[str], size: int, length: int) -> Any:
    """A byte-level BPE vocabulary in CLIP's own form."""
    shell = CLIPTokenizer()
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>"))  # noqa: S106 - no secret
    bpe.normalizer, bpe.pre_tokenizer = shell.backend_tokenizer.normalizer, shell.backend_tokenizer.pre_tokenizer
    letters = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|startoftext|>", "<|endoftext|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=size + 2 * len(letters),
        special_tokens=special,
        end_of_word_suffix="</w>",
        initial_alphabet=letters,
        show_progress=False,
    )
    bpe.train_from_iterator(lines, trainer)
    state = json.loads(bpe.to_str())["model"]
    vocabulary, merges = state["vocab"], [tuple(merge) for merge in state["merges"]]
    for letter in sorted(letters):
        vocabulary.setdefault(letter + "</w>", len(vocabulary))
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=length)


def t5_tokenizer(lines: list[str], length: int) -> Any:
    """A unigram vocabulary in T5's own form: every word of the world, and single letters for the rest."""
    words = collections.Counter(word for line in lines for word in WORD.findall(line.lower()) if len(word) > 1)
    total = sum(words.values())
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -4.0)]
    vocabulary += [
        ("▁" + word, math.log(count / total)) for word, count in sorted(words.items(), key=lambda w: (-w[1], w[0]))
    ]
    vocabulary += [("▁" + letter, -6.0) for letter in ALPHABET]
    vocabulary += [(letter, -9.0) for letter in ALPHABET + string.digits] + [(mark, -3.0) for mark in ".,;:!?'\"()-"]
    shell = T5Tokenizer(vocab=vocabulary, extra_ids=0, model_max_length=length)
    shell.backend_tokenizer.normalizer = normalizers.Lowercase()
    # T5Tokenizer itself forgets the lower-casing when it is loaded again
    marks = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=shell.backend_tokenizer, model_max_length=length, **marks)


def tokenizers(recipe: Recipe, folder: Path) -> tuple[Any, Any]:
    """CLIP's and T5's, from `folder`/tokens; made if they are not there.

    Making one twice gives two: which of two equally frequent pairs of letters is joined first is chance, and encoders
    that learned with one read nonsense with the other.
    """
    place = folder / "tokens"
    if not place.exists():
        lines, new = corpus(), folder / "tokens.new"
        clip_tokenizer(lines, recipe.clip_vocabulary, recipe.clip_length).save_pretrained(new / "one")
        t5_tokenizer(lines, recipe.text_length).save_pretrained(new / "two")
        new.rename(place)
    return CLIPTokenizer.from_pretrained(place / "one"), PreTrainedTokenizerFast.from_pretrained(place / "two")


class Writer:
    """Everything that turns captions into what the transformer reads."""

    def __init__(self, one: Any, two: Any, clip: Any, t5: Any) -> None:
        self.one, self.two, self.clip, self.t5 = one, two, clip, t5

    @property
    def models(self) -> list[Any]:
        return [self.clip, self.t5]

    def ids(self, texts: list[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Padded token numbers for both encoders, as the pipeline makes them.

        CLIP's are only as long as the longest text: it looks back alone, so what follows the end changes nothing.
        """
        options = {"truncation": True, "return_tensors": "pt"}
        one = self.one(texts, padding=True, **options).input_ids
        return one, self.two(texts, padding="max_length", **options).input_ids

    def read(self, one: torch.Tensor, two: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Features of every word, and one for the whole text."""
        return self.t5(two)[0], self.clip(one).pooler_output


def build(recipe: Recipe, folder: Path) -> Writer:
    """Both tokenizers, which are made once in `folder`, and both untrained encoders."""
    one, two = tokenizers(recipe, folder)
    width = recipe.text_width
    heads = width // 48
    clip = CLIPTextConfig(
        vocab_size=len(one),
        hidden_size=width,
        intermediate_size=width * 4,
        num_hidden_layers=recipe.text_layers,
        num_attention_heads=heads,
        max_position_embeddings=recipe.clip_length,
        projection_dim=width,
        bos_token_id=one.bos_token_id,
        eos_token_id=one.eos_token_id,
        pad_token_id=one.pad_token_id,
    )
    t5 = T5Config(
        vocab_size=len(two),
        d_model=width,
        d_kv=48,
        d_ff=width * 3,
        num_layers=recipe.text_layers,
        num_heads=heads,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        relative_attention_max_distance=64,
        pad_token_id=0,
        eos_token_id=1,
    )
    encoder = T5EncoderModel(t5)
    look_around(encoder)
    return Writer(one, two, CLIPTextModel(clip), encoder)


def look_around(t5: Any) -> None:
    """Begin with heads that see the words before, those after, and both, the nearest most; every fourth sees all alike.

    T5's sense of order is a number for each distance. As small as they begin elsewhere, they learn too slowly here: T5
    then knew every word and not whose colour is whose.
    """
    attention = t5.encoder.block[0].layer[0].SelfAttention
    table = attention.relative_attention_bias.weight  # (distances before, then those after; heads)
    half = len(table) // 2
    near = half // 2  # distances with a number of their own; the rest grow up to the longest
    ratio = attention.relative_attention_max_distance / near
    far = torch.tensor([k if k < near else near * ratio ** ((k - near) / (half - near)) for k in range(half)])
    unseen = torch.full_like(far, -6.0)
    kinds = [(-far, unseen), (unseen, -far), (-far / 2, -far / 2)]
    with torch.no_grad():
        for head in range(table.shape[1]):
            if head % 4 < 3:
                table[:, head] = torch.cat(kinds[head % 4])
