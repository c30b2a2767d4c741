"""Documents for printing: accessible PDF, made by typst from a template and data.

A template is a `.typ` file here; it reads its data with `json(bytes(sys.inputs.data))`, so that nothing a
person has written is ever taken for markup. To add a document: a template and, in a module of its own, the
dataclasses of its data. What is not installed is said by `DocumentsUnavailable`.
"""
