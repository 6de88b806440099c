"""An agent at the two-step task, filmed: its trials one by one, its policy and its values."""
