"""Metrics of the users' own brokers, under the names and in the units that their pages give them."""
