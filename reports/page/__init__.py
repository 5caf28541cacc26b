"""What every page shares: layout, charts, number formats, fonts and pictures."""
