"""The story of the demo world: who posts when, what the captions say, what corrupts the
pictures.
"""
