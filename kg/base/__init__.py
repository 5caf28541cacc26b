"""What every folder of kg uses: errors, ids, weeks, plug-ins, terms, files."""
