"""What every Whisper does, whichever engine runs it: prompts, fallback, tokens to segments."""
