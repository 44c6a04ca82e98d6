"""Whole runs against sites, servers and disks that fail; a clean run must repair everything."""
