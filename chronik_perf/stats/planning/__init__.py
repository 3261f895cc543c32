"""How much error each test may make, what a design can tell, what more blocks would bring, and when to stop."""
