"""What is kept of a fare model beside the model itself: how it is recognized, and from when on a trip is an outlier."""
