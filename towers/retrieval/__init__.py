"""The retrieval model: both towers, their inputs, the loss, training steps and the training loop."""
