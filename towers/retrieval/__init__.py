"""Both towers: their layers, inputs, loss, training steps and fit."""
