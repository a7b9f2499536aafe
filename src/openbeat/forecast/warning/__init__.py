"""Early warnings: watches that scan each new night of records, and the alarms that people handle."""
