"""What is counted over blocks and not estimated: messages lost or doubled, and acknowledgements before their sync."""
