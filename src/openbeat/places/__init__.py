"""Places: areas of an agency, their cells, its streets, stations and basemap."""
