"""Whether live trips still look as they did when the model that scores them was trained."""
