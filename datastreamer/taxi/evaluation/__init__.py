"""The evaluation of a fare model, which runs as a training job in AWS's XGBoost container.

What lies here is shipped to that container with the modules that it imports: it keeps to NumPy, PyArrow, XGBoost and
the language of Python 3.9, and imports nothing else of the project but the probes of fingerprints.
"""
