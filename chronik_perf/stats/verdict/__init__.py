"""From a comparison to its verdict: rows with their words, and the sentences to be read beside them."""
