"""The pages and the API of making things: forms, runs, the workbench."""
