"""The edge: routes with their access rule and limit, callers, errors in each dialect, layout, forms, live streams."""
