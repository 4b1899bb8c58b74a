"""Weights: what a model consists of, where it is fetched from, and whether it lies whole in its folder."""
