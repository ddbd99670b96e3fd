"""Binary masks: their codec and measures. Numpy only."""
