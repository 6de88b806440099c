"""What lies on the disk: run folders and the files in them, written atomically, read with suspicion."""
