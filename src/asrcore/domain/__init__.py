"""Values and pure functions: what a recording, a transcript and their parts are."""
