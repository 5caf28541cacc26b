"""From the graph to pages: reports with checked sentences, galleries, the scoreboard."""
