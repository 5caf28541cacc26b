"""Words as data: style factor libraries, sentences and prompts of reports, image prompts.

The folder holds TOML, Jinja2 and text files in English and Chinese. No prompt and no sentence of a
report is written in a `.py` file.
"""
