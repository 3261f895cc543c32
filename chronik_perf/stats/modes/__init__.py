"""Levels between which a broker has nothing, and starts that are slow beside the other side."""
