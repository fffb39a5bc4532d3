"""`starminer oracle`: report what the chain cannot know by itself."""
