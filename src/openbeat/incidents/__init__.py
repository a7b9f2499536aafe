"""Incidents: what happened, where and when, from whichever source; and the code lists that name the offences."""
