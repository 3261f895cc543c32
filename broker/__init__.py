"""The reference broker: a small Kafka-compatible log broker whose versions are configurations.

Start it with ``python -m broker start --data-dir DIR``. It exists to be measured: it syncs before it
acknowledges, counts where the time of a produce went, and ships releases that differ in known ways.
"""
