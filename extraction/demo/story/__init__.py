"""What happens in the demo world: who posts when, what is written, what befalls the pictures."""
