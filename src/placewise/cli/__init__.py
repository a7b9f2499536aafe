"""The commands of `python -m placewise`: each reads plain files and writes whole files or none."""
