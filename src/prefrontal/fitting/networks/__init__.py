"""Small recurrent networks fitted to choices, as the cognitive models are: by name, under the same folds."""
