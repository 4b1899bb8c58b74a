"""What members take along, and how they leave: exports of everything that is theirs, and accounts that are erased."""
