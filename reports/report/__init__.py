"""The weekly report: evidence, sentences, the check of each claim, the page."""
