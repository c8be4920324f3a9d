"""What a page must not do, noted while somebody browses."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError


class Watch:
    """Listens to every page of a context."""

    def __init__(self, context: BrowserContext, *, own: str) -> None:
        self.problems: list[str] = []
        self._own = own
        context.on("console", self._note_console)
        context.on("weberror", self._note_error)
        context.on("request", self._note_request)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console on {self._where(message)}: {message.text}")

    def _note_error(self, error: WebError) -> None:
        self.problems.append(f"script error: {error.error}")

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._own}/", "data:", "about:", "blob:")):
            self.problems.append(f"request to another host: {request.url}")

    def _where(self, message: ConsoleMessage) -> str:
        return message.page.url if message.page else "a closed page"
