"""The gallery of a week: exemplars, mosaics and prototype images for each cluster."""
