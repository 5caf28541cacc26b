"""Trains and judges the bundled models; it is not part of the wheel."""
