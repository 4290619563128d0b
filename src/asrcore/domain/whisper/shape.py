"""The measures that all Whispers share."""

WINDOW = 30.0
"""Seconds that the encoder takes at once: what is shorter is padded."""
FRAME = 0.02
"""Seconds from one frame of the encoder to the next, and from one timestamp token to the next."""
MAX_LENGTH = 448
"""Tokens of prompt and text together."""
