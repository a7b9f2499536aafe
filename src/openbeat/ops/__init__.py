"""The keeper's edge: how Openbeat starts, stops and checks itself."""
