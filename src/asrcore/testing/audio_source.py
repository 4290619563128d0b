"""What every audio source promises."""


class AudioSourceContract:
    """To be replaced by its author."""
