"""The measures run and say what they should; how fast anything is, no test asks."""
