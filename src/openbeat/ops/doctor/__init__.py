"""`openbeat doctor`: says in words what is missing or wrong, and how to mend it."""
