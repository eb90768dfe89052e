"""Tests of memory profiles."""
