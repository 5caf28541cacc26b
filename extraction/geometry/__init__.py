"""Posts as points on the unit sphere: neighbours, samples, and sums that any machine repeats."""
