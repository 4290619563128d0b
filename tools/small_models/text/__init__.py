"""The sentences that small speech models learn from."""
