"""What every room of kg stands on: errors, ids, weeks, plug-ins, conditions of rules."""
