"""The anytime-valid test: a shift over blocks by betting, with its interval and its word at every look."""
