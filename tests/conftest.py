"""How the tests run: on two devices, with the shapes and types that the package states checked at every call."""

import os

os.environ.setdefault("JAX_NUM_CPU_DEVICES", "2")  # JAX reads it when it is imported

from hypothesis import settings
from jaxtyping import install_import_hook

import prefrontal.configs  # noqa: F401  (before the hook: configs refuse wrong values in words of their own)

install_import_hook("prefrontal", "beartype.beartype")

from prefrontal import devices  # noqa: E402

devices.configure()

# Compiling takes seconds, and the same commit must get the same verdict every time.
settings.register_profile("prefrontal", deadline=None, derandomize=True)
settings.load_profile("prefrontal")
