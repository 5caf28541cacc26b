"""How strong each cluster is this week, how sure that is, and what comes next."""
