"""wav2vec2 computed by torch, as transformers wrote it."""
