"""The map: one tile a municipality, as a hexagon or within the official boundaries."""
