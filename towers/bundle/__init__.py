"""Bundles: folders that hold a trained system, written once and then only read."""
