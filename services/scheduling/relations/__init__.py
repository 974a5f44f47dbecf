"""Who may act for whom, until when, and who is therefore told of a visit."""
