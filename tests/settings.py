"""The product's settings with a test run's own folder and without what only slows tests down."""

import os
from pathlib import Path

os.environ.setdefault("OPENBEAT_TESTING", "1")
os.environ.setdefault("OPENBEAT_VAR", str(Path(__file__).resolve().parents[1] / "var" / "test"))

from openbeat.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
