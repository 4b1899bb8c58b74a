"""The house model: the world it is trained on, its trainer, and the judge that measures it."""
