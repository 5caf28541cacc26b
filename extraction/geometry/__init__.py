"""Posts as points on the unit sphere: cosines, neighbours, samples, reproducible sums."""
