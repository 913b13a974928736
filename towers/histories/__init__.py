"""Events as people's histories: what is asked of the user tower, and stretches to train on."""
