"""Sensor simulators and the Kinesis writer: this package plays the device."""
