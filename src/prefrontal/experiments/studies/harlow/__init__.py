"""Studies of Harlow's task."""
