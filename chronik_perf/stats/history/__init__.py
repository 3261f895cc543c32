"""Results over many versions: when the level of a series moved, what moved together, and what went away again."""
