"""What if: fewer cars, other beats, another policy or plan, simulated beside today."""
