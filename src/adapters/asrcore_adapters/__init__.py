"""The built-in backends: one package or module an engine, each a stranger to the others."""
