"""What all unit tests share."""

from hypothesis import settings

settings.register_profile("unit", deadline=None, derandomize=True, max_examples=80)
settings.load_profile("unit")
