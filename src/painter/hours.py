"""Skies of the day and the weather: hand-mixed palettes, several for each hour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hour:
    """One sky: its colours from the zenith to the horizon, its light, its shade, and how it treats things."""

    sky: tuple[str, ...]
    light: str
    shade: str
    dark: float
    air: float = 0.82
    sun: tuple[float, float] = (0.2, 0.36)
    lamps: bool = False


HOURS: dict[str, tuple[Hour, ...]] = {
    "dawn": (
        Hour(("7d9cc4", "b9b5cf", "eec0b6", "fbd6b2", "ffeccb"), "fff3d8", "38406a", 0.46, 0.9, (0.62, 0.82)),
        Hour(("6c86b8", "a7a4cf", "dfadb9", "f6c3a8", "ffe0b4"), "fff0d0", "2f3563", 0.5, 0.88, (0.6, 0.8)),
        Hour(("8dbdc4", "bcd4cb", "ecdcc0", "fbcfa6", "ffdcb5"), "fff6df", "2d5064", 0.42, 0.9, (0.62, 0.82)),
        Hour(("a79fc6", "d3aebd", "f3b9ac", "fcd0aa", "ffe9c6"), "fff4da", "453a68", 0.46, 0.9, (0.6, 0.8)),
    ),
    "morning": (
        Hour(("7fbcd8", "aad4e0", "d4e6e0", "f1efdc", "fdf1d6"), "fffae6", "27536c", 0.22, 0.86),
        Hour(("8cc4c9", "b7dbd3", "dceadb", "f6f0da", "ffe9c9"), "fffbe9", "245a5c", 0.22, 0.86),
        Hour(("9cb8dd", "bfcfe6", "e0e0e6", "f5e7dc", "ffe6cc"), "fff8e4", "344a7c", 0.24, 0.86),
    ),
    "noon": (
        Hour(("3c94c8", "68b1d8", "9ccde2", "cbe5e8", "edf2e2"), "fffcec", "14506e", 0.12, 0.8, (0.14, 0.28)),
        Hour(("3fa5b8", "70bfc7", "a5d7d2", "d6eadb", "f7f1d8"), "fffbe6", "12575f", 0.12, 0.8, (0.14, 0.28)),
        Hour(("5a9fdc", "86bbe6", "b2d5ee", "dcebf0", "fbf3e2"), "fffdf0", "22508a", 0.12, 0.8, (0.14, 0.28)),
    ),
    "golden": (
        Hour(("6f9aa6", "b4b894", "e8bf78", "f9b760", "ffd68c"), "fff0bd", "58303a", 0.5, 0.84, (0.5, 0.72)),
        Hour(("f0cf96", "f5bd74", "f2a055", "f08c4a", "ffc677"), "fff2c4", "5c2a34", 0.52, 0.84, (0.46, 0.68)),
        Hour(("7d8fae", "c3a998", "efb17c", "fba65d", "ffcf83"), "ffeebb", "4b2c48", 0.52, 0.84, (0.5, 0.72)),
    ),
    "dusk": (
        Hour(("272850", "5a4276", "a9557f", "ea8069", "fcc48e"), "ffe0a6", "231a40", 0.72, 0.74, (0.5, 0.92), True),
        Hour(("1b3157", "46508a", "9b6299", "ec8080", "ffbe8a"), "ffe3b0", "1c2048", 0.72, 0.74, (0.5, 0.92), True),
        Hour(("123750", "2c6473", "88907f", "e8a266", "ff8f57"), "ffe2a0", "0e2a3c", 0.7, 0.74, (0.5, 0.92), True),
        Hour(("331343", "75205a", "c23a5a", "f26f50", "ffb45e"), "ffe39a", "2b0f38", 0.74, 0.72, (0.5, 0.92), True),
        Hour(("3a3f7a", "7f66a4", "cf84ab", "f8a99b", "ffd4a8"), "ffecc4", "2c2754", 0.66, 0.78, (0.5, 0.92), True),
    ),
    "night": (
        Hour(("070b22", "0e1a3c", "182e5c", "2b4a7a", "4a6f94"), "f8efd6", "070c20", 0.84, 0.62, (0.14, 0.32), True),
        Hour(("0b0b2b", "1a1a4c", "312a6e", "53408d", "8460a0"), "fbeedd", "0a0a26", 0.84, 0.62, (0.14, 0.32), True),
        Hour(("03161f", "062b37", "0c4450", "1d6468", "488c84"), "f3f3d8", "04141c", 0.84, 0.62, (0.14, 0.32), True),
        Hour(("10122b", "232446", "3e3a5e", "685870", "9a7d80"), "ffeacb", "0d0e24", 0.82, 0.62, (0.14, 0.32), True),
    ),
    "storm": (
        Hour(("29333f", "3f4e5a", "5d6e76", "849298", "aeb6b2"), "e8ecdf", "172028", 0.6, 0.72, (0.16, 0.3), True),
        Hour(("2c3044", "474b60", "6c6c7e", "97909a", "c4b3ac"), "f2e6d4", "1b1c2e", 0.6, 0.72, (0.16, 0.3), True),
        Hour(("22383c", "365257", "567476", "82988f", "b4bba2"), "eff0d8", "12262b", 0.6, 0.72, (0.16, 0.3), True),
    ),
    "fog": (
        Hour(("b9c6c9", "cbd4d3", "dadfda", "e7e7df", "f0ece2"), "fffdf4", "43585f", 0.3, 0.95, (0.2, 0.4)),
        Hour(("bcb9c6", "cdc8d0", "dfd7d6", "eee3da", "f7ebdf"), "fffaf0", "4a4860", 0.3, 0.95, (0.2, 0.4)),
        Hour(("a9bdb8", "bfcec6", "d4ddd2", "e6e9da", "f1efe0"), "fffef0", "2f524f", 0.3, 0.95, (0.2, 0.4)),
    ),
    "rain": (
        Hour(("46596b", "5f7485", "7f939f", "a3b2b6", "c3cac6"), "eef0e6", "202f3c", 0.46, 0.84, (0.16, 0.3), True),
        Hour(("3f5a62", "577680", "7a979c", "a1b6b4", "c6d1c6"), "eef3e4", "183239", 0.46, 0.84, (0.16, 0.3), True),
    ),
    "snow": (
        Hour(("93b0cb", "b2c8da", "cfdde6", "e4e9ea", "f4efe6"), "fffaec", "35506f", 0.26, 0.88, (0.2, 0.4)),
        Hour(("a2a9cc", "c0c3dc", "d8d5e4", "ece1e4", "faebe0"), "fff8ec", "3d4470", 0.28, 0.88, (0.2, 0.4)),
    ),
    "neon": (
        Hour(("12022f", "3a0a68", "8c1484", "e23a86", "ff9a5c"), "ffe66e", "14052f", 0.7, 0.7, (0.56, 0.74), True),
        Hour(("06042a", "1b1170", "5b1fae", "c22fc0", "ff6fae"), "7df9ff", "0b0530", 0.7, 0.7, (0.56, 0.74), True),
    ),
    "space": (
        Hour(("05060f", "0b0d22", "15173a", "252253", "3d2f66"), "fff2dc", "05060f", 0.8, 0.55, (0.2, 0.4), True),
        Hour(("03090f", "071824", "0c2a3a", "164353", "27606a"), "fff4da", "030a10", 0.8, 0.55, (0.2, 0.4), True),
    ),
}
