"""The door of looking: rows narrowed by the same rules as deeds, and the database's own lock behind it."""
