"""What every room of kg stands on: errors, ids, weeks, plug-ins, terms, files."""
