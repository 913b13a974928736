"""Bundles: folders that hold a trained system."""
