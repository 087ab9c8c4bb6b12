"""Makes adapters and the embedded base model: data, training, evaluation by generation."""
