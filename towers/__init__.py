"""The models: feature encoders, user and item tower, retrieval, ranking and rating models, training, and bundles.

TensorFlow Recommenders needs Keras 2 (tf-keras). The switch is an environment variable that TensorFlow reads at its
first import, so it is set here, before anything in this package can import TensorFlow.
"""

import os

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# The start-up hints of oneDNN would be the first lines of every command.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
