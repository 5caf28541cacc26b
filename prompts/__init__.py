"""Words as data: style factor libraries, report prompts and image prompts, English and Chinese.

The folder holds TOML, Jinja2 and text files; this module only reads them. No prompt is written in
any `.py` file.
"""
