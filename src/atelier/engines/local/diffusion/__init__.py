"""How diffusers' pipelines are opened, asked and looked at while they work; only engine children import this."""
