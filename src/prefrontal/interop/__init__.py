"""Models and data of other programs, read without those programs."""
