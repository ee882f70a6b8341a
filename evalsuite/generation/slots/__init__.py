"""The ``hf`` engine: answers decoded in slots over one arena of keys and values."""
