"""Why a post is where it is: what is measured of pictures and words, and the rules over it."""
