"""Many trainings on one machine or on many: what there is to do, who does it, and what came of it."""
