"""What is gathered when the blocks are done, and has no word of the verdict: series, profiles and probes."""
