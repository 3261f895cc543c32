"""Screens that the pages are looked at on, and what opens all that a page has folded away."""

PHONE, LAPTOP, WALL = 390, 1280, 2560  # CSS pixels wide
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"
