"""How good the results are: the scoreboard against planted truth, and the backtest."""
