"""Training, export and evaluation of the network. The only place that imports keras and tensorflow."""
