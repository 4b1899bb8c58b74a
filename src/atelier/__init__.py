"""Atelier, a self-hosted studio for generative media."""

__version__ = "0.1.0"
