"""The judge: reads attributes back from pictures, tells faces apart, and measures a model against its captions."""
