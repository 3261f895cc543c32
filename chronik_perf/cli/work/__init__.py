"""Carries out what the commands have read from their words; imported only when there is something to do."""
