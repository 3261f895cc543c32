"""What fresh starts told when they were asked for other things than their load, and what took longer or more."""
