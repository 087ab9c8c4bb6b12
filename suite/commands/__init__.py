"""The commands of `goldgate`, one module each; `suite/__main__.py` lists them."""
