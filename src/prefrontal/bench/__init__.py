"""How fast training and testing are on this machine, and how near to what it can do."""
