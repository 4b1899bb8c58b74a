"""Trains the house model: `python -m house.train all`, or one stage by its name."""
