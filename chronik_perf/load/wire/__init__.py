"""Kafka's wire protocol, as little of it as load and offsets need, in bytes and blocking sockets."""
