"""The ground: errors, ids, time, geometry values, privacy classes, settings from the environment. Plain Python."""
