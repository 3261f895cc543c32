"""Apache Kafka as a broker that is not ours: how it is fetched and started; two benchmarks that must agree on it."""
