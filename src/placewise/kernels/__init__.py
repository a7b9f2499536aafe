"""The ground floor: array types, named errors, wall-clock moments and compiled loops."""
