"""Settings, registry, planner and container: how an engine is put together."""
