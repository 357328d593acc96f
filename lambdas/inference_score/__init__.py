"""The function of the inference pipeline."""
