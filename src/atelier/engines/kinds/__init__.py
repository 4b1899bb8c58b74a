"""One file for each kind of engine; it declares `KIND`. A new kind needs nothing else to be known."""
