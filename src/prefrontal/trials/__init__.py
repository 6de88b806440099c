"""The trial table, which agents, people and animals share, and the formats that it is read from."""
