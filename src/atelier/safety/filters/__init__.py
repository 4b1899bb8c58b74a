"""The filters of this release, one in each file with its `FILTER`, found by themselves."""
