"""How a picture of the demo world is drawn: styles, scenes, things and people, all of paper."""
