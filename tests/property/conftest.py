"""Properties are about values, not about how busy the machine is: no deadline an example."""

from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("no-deadline")
