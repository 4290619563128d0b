"""How good a transcript is: measures that pool over recordings, and what a difference is worth."""
