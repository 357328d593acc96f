"""What proves the inference pipeline from outside: the account of every record, and the time from put to item."""
