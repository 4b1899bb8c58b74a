"""Measurements of the studio, each beside a peer or a budget in the same run: `bin/bench NAME`."""
