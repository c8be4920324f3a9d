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
        if message.type in ("error", "warning") and not self._is_status(message):
            self.problems.append(f"console on {self._where(message)}: {message.text}")

    def _note_error(self, error: WebError) -> None:
        self.problems.append(f"script error: {error.error}")

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((f"{self._own}/", "data:", "about:", "blob:")):
            self.problems.append(f"request to another host: {request.url}")

    def _is_status(self, message: ConsoleMessage) -> bool:
        """Say whether it only tells the status of the page, which is the page's to choose."""
        about = message.location["url"] == self._where(message)
        return about and message.text.startswith("Failed to load resource")

    def _where(self, message: ConsoleMessage) -> str:
        return message.page.url if message.page else "a closed page"
