"""Learn: one file a topic, each a formula, a few sentences and a live figure of a system small enough to be enumerated."""
