"""The operator's console: how the studio is doing, its members and their credits, the queue, the models on offer."""
