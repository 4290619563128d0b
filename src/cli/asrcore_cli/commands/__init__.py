"""One module a command. What a command needs is imported in its body: `--help` stays quick."""
