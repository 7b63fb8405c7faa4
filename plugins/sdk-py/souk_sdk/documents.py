"""Documents, for what is too large for a result."""

from typing import Self

from wit_world.imports import documents

from .failure import hosted


class Document:
    """A document of text that the host keeps for its caller alone.

    ``write`` it piece by piece, ``keep`` it, and put its ``uri`` into the result. One that is dropped
    leaves nothing behind.
    """

    def __init__(self, name: str, media_type: str) -> None:
        """``list.csv``, ``text/csv``: the name is for people; of media types those of text are taken."""
        self._open = documents.Document(name, media_type)

    def write(self, text: str) -> Self:
        """Adds text at the end."""
        with hosted():
            self._open.write(text)
        return self

    def keep(self) -> documents.DocumentLink:
        """Closes the document and keeps it, for as long as the operator allows."""
        with hosted():
            return self._open.keep()
