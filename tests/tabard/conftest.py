"""Property tests of the core: the same examples in every run, and no clock decides."""

from hypothesis import settings

settings.register_profile("tabard", deadline=None, derandomize=True)
settings.load_profile("tabard")
