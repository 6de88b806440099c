"""Files of trials that are no text, decoded."""
