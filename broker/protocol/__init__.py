"""Kafka's wire format: framing, the field codec, and one module for each API that real clients need.

The hot path (Produce) has a decoder of its own that remembers what a connection's last request looked
like; everything else goes through the small ``Reader`` and ``Writer``.
"""
