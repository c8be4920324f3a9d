"""Which language a reader's page speaks, and how a choice stays with her from page to page."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, has_request_context, request

from newsletter import languages
from newsletter.languages import LANGUAGES, SOURCE, among, catalogue, speak, spoken
from newsletter.publications.models import Publication
from newsletter.subscriptions.models import Subscription

#: Names the wish for a language, in an address or a form.
PARAMETER = "lang"

#: Pages that readers do not see speak English.
_OTHERS = ("/admin/", "/dev/", "/api/")

#: Rooms whose addresses keep the language that was asked for in the address.
_KEPT_IN = frozenset(
    {
        *("signup", "archive", "topics", "search"),
        *("subscriptions", "leaving", "choices", "my_data", "moving"),
    }
)


def init_app(app: Flask) -> None:
    """Let pages speak, and tell caches that what they say depends on the browser."""
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.policies["ext.i18n.trimmed"] = True
    env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda words: catalogue(spoken()).gettext(words),
        lambda one, several, count: catalogue(spoken()).ngettext(one, several, count),
        newstyle=True,
        pgettext=lambda context, words: catalogue(spoken()).pgettext(context, words),
    )
    env.globals.update(
        asked_language=lambda: request.args.get(PARAMETER, ""),
        date_language=date_language,
        page_language=page_language,
        page_direction=page_direction,
        language_ways=language_ways,
        language_parameter=PARAMETER,
    )
    app.before_request(_begin)
    app.after_request(_tell_caches)
    app.teardown_request(_end)
    app.url_defaults(_keep_asked)


def speak_to(
    publication: Publication | None = None,
    subscription: Subscription | None = None,
    *,
    asked: str = "",
) -> str:
    """Let the rest of the answer speak the language that fits; return it.

    What the address or form asks for comes first, then what the reader chose before, then her
    browser, each among the publication's languages; at last the publication's own.

    Args:
        asked: what a form asks for.
    """
    offered = publication.offered_languages if publication else list(LANGUAGES)
    asked = among(request.args.get(PARAMETER) or asked, offered)
    own = subscription.language if subscription else ""
    language = asked or own or _of_browser(offered) or offered[0]
    g.depends_on_browser = not asked and not own and len(offered) > 1
    speak(language)
    return language


def page_language() -> str:
    """Return the language of the page's words as HTML writes it.

    Where there are no words the page is English, laid out and dated as the language asks for.
    """
    return languages.language_tag(spoken() if languages.has_words(spoken()) else SOURCE)


def date_language() -> str:
    """Return the language of dates where it is not the page's, else nothing."""
    return "" if languages.has_words(spoken()) else languages.language_tag(spoken())


def page_direction() -> str:
    """Return from where the page is read."""
    return languages.direction_of(spoken())


def language_ways(publication: Publication | None) -> Iterator[tuple[str, str, str]]:
    """Yield tag, name and address of this page in each language of the publication.

    None where there is but one, or where the page answers a form.
    """
    offered = publication.offered_languages if publication else []
    if len(offered) < 2 or request.method not in ("GET", "HEAD"):
        return
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    for language in offered:
        address = f"{request.path}?{urlencode([*kept, (PARAMETER, language)])}"
        yield languages.language_tag(language), languages.called(language), address


def _begin() -> None:
    g.depends_on_browser = False
    if request.path.startswith(_OTHERS):
        speak(SOURCE)
    else:
        speak_to()


def _end(_error: BaseException | None) -> None:
    speak(SOURCE)


def _tell_caches(response: Response) -> Response:
    if g.get("depends_on_browser") and response.mimetype == "text/html":
        response.vary.add("Accept-Language")
    return response


def _keep_asked(endpoint: str, values: dict[str, Any]) -> None:
    if not has_request_context() or endpoint.partition(".")[0] not in _KEPT_IN:
        return
    if among(request.args.get(PARAMETER, ""), [spoken()]):
        values.setdefault(PARAMETER, spoken())


def _of_browser(offered: list[str]) -> str:
    # Her first wish that is offered, for `uk-UA` also `uk`; weight 0 is what she does not want.
    wanted = (tag for tag, weight in request.accept_languages if weight > 0)
    return next((found for tag in wanted if (found := among(tag, offered))), "")
