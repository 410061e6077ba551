"""cadvlm: pictures and engineering drawings of parts to editable CadQuery code."""

__version__ = "0.1.0"
