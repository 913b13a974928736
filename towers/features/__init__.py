"""From typed columns to numbers: encoders, vocabularies, and all features of a row side by side."""
