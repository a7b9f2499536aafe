"""Place-and-time analytics of reported incidents: forecasts, warnings, plans. Never a person."""
