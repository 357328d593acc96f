"""Training of the example model: simulated readings in, an archive that a SageMaker endpoint serves out.

It alone in this package knows the simulator, and it alone needs XGBoost and NumPy, which it imports when it runs: the
function that scores records is packed without them.
"""

from datastreamer.inference.training.example import model_uri, train_example, upload
from datastreamer.inference.training.trained import TrainedExample, next_commands

__all__ = ["TrainedExample", "model_uri", "next_commands", "train_example", "upload"]
