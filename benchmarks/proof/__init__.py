"""The proof of the verdicts' error rates: `python -m benchmarks.proof` reproduces every figure of docs/proof.md.

`dataset` reads and adds to the recorded blocks in benchmarks/data, `noise` draws what was not recorded, `words` puts
both before the very bets that judge a comparison, and each of the other modules makes one table.
"""
