"""The function that scores live trips."""
