"""Tests of the screen: they drive the real app and assert what a person sees."""
