"""The hook of mkdocs.yml that adds the pages which are made from the code. Nothing is committed."""

from itertools import chain

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from manual import dependencies, routes, settings


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Called by MkDocs once it has found what lies in ``docs/``."""
    for path, text in chain(settings.pages(), routes.pages(), dependencies.pages()):
        files.append(File.generated(config, path, content=text))
    return files
