"""The stages and their order; nothing about engines."""
