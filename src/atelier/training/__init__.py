"""Personal models: photos chosen and checked, consent, and the training begun."""
