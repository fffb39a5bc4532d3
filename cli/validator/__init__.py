"""Commands of those who make blocks, and of those who stand behind them."""
