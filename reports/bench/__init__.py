"""The scoreboard: how well a finished workspace tells the truth of its world.

Stands on the tables of a workspace and on the truth beside its corpus; what made either of them it
does not know.
"""
