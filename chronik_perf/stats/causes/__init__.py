"""What got worse, how much each difference explains, and what is named first as the cause."""
