"""Draws the pictures of the demo world: styles, scenes, things and people, all as cut paper."""
