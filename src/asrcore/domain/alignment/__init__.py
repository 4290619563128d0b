"""From what a CTC model hears in each frame, and known text, to word times."""
