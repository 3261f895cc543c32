"""Where things went: the time of a produce, stage by stage, and what a broker holds and does at rest."""
