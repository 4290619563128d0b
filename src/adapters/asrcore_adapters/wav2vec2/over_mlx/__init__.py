"""wav2vec2 computed by MLX, on the GPUs of Apple above all: neither torch nor transformers."""
