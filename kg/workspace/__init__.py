"""A workspace on disk: tables, settings, the pipeline that keeps them up to date, exports."""
