"""Tables of pulls, from the files of others."""
