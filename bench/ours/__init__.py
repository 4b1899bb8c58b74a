"""Our side of the comparison: the real spine, with a tool and an engine that do nothing."""
