"""What several adapters need and the core does not: it knows no adapter."""
