"""What everybody may see: who may do what, forecasts used with their scores, counts without small numbers, the log."""
