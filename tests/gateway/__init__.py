"""Tests of the edge: everything between the socket and the graph."""
