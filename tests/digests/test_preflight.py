"""Preflight of one mail: each thing that can be wrong is found, and nothing in a sound one."""

from dataclasses import replace
from typing import Any

import pytest

from newsletter.articles.resolve_link import LinkAnswer
from newsletter.digests.budget import BUDGET, LARGEST
from newsletter.digests.preflight import Carried, Finding, Level, Mend, Specimen, blocking
from newsletter.digests.preflight_examine import examine
from newsletter.mail.markers import Placeholder
from tests.digests.rendering import EXCERPT, FULL, HEADLINE, MARKERS, Render, article, render

__all__ = ["render"]  # the fixture

OWN = "https://paper.example.org/1/?a=1&b=2"
CITED = "https://elsewhere.example/1"
UNSUBSCRIBE = MARKERS.marker(Placeholder.UNSUBSCRIBE_URL)


def specimen(render: Render, *first: Any, **known: Any) -> Specimen:
    """Render a digest whose lead is `first`, as far as it is given."""
    lead = first[0] if first else (article(1), FULL)
    mail = render(lead, (article(2), EXCERPT), (article(3), HEADLINE))
    titles = {
        f"https://paper.example.org/{n}/?a=1&b=2": Carried(n, f"Headline {n}") for n in (1, 2)
    }
    return Specimen(
        subject=mail.subject,
        html=mail.html,
        text=mail.text,
        markers=MARKERS,
        articles=titles,
        **known,
    )


@pytest.fixture
def sound(render: Render) -> Specimen:
    return specimen(render)


def the_one(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


def test_nothing_is_wrong_with_a_sound_mail(sound: Specimen) -> None:
    assert examine(sound) == []


@pytest.mark.parametrize("colour", ["#FFFF00", "#0B3D6B", "#777777"])
def test_no_accent_makes_a_mail_unreadable(render: Render, colour: str) -> None:
    from tests.digests.rendering import paper

    mail = render((article(1), FULL), publication=paper(accent=colour))
    assert examine(Specimen(subject="x", html=mail.html, text=mail.text, markers=MARKERS)) == []


def test_an_empty_part_and_an_empty_subject_are_errors(sound: Specimen) -> None:
    found = {one.key: one for one in examine(replace(sound, subject=" ", text="\n"))}
    assert found["no-subject"].level is found["no-text"].level is Level.ERROR
    assert not found["no-text"].overrulable


def test_a_subject_that_no_program_shows_whole_is_a_warning(sound: Specimen) -> None:
    one = the_one(examine(replace(sound, subject="x" * 71)))
    assert (one.level, one.mend) == (Level.WARNING, Mend.DIGEST)
    assert "71 characters" in one.sentence


@pytest.mark.parametrize(("octets", "level"), [(BUDGET, Level.WARNING), (LARGEST, Level.ERROR)])
def test_what_mail_programs_cut_off_is_found(sound: Specimen, octets: int, level: Level) -> None:
    one = the_one(examine(replace(sound, html=sound.html.ljust(octets + 1))))
    assert (one.level, one.overrulable) == (level, level is Level.WARNING)


def test_a_mail_without_a_way_to_unsubscribe_cannot_be_sent_anyway(sound: Specimen) -> None:
    found = examine(replace(sound, text=sound.text.replace(UNSUBSCRIBE, "")))
    assert "The plain text part has no link to unsubscribe." in [one.sentence for one in found]
    assert blocking(found, overruled=frozenset(one.key for one in found))


def test_a_marker_that_came_to_harm_is_found(sound: Specimen) -> None:
    found = examine(replace(sound, html=sound.html.replace(UNSUBSCRIBE, UNSUBSCRIBE.upper())))
    assert found[0].key == "broken-marker HTML"


@pytest.mark.parametrize("hole", ["{{ first_name }}", "*|FNAME|*", "{% if x %}", "%%NAME%%"])
def test_a_place_that_nobody_filled_in_is_shown_with_its_article(render: Render, hole: str) -> None:
    text = f"<p>Dear {hole}, hello.</p>"
    one = the_one(examine(specimen(render, (article(1, content_html=text), FULL))))
    assert (one.level, one.article_id, one.mend) == (Level.WARNING, 1, Mend.ARTICLE)
    assert f"“{hole}” in the text of “Headline 1”" in one.sentence


def test_an_article_without_a_title_is_an_error(render: Render) -> None:
    one = the_one(examine(specimen(render, (article(1, title=""), FULL))))
    assert (one.level, one.article_id) == (Level.ERROR, 1)


def test_a_text_that_skips_headings_is_a_warning(render: Render) -> None:
    text = "<h2>Part</h2><h5>Detail</h5><p>Text.</p>"
    one = the_one(examine(specimen(render, (article(1, content_html=text), FULL))))
    assert (one.key, one.level, one.article_id) == ("heading-skips 1", Level.WARNING, 1)


def test_pictures_without_words_are_found(sound: Specimen) -> None:
    empty = the_one(examine(replace(sound, html=sound.html.replace('alt="Picture 1"', 'alt=""'))))
    assert (empty.level, empty.article_id) == (Level.WARNING, 1)
    none = the_one(examine(replace(sound, html=sound.html.replace('alt="Picture 1"', ""))))
    assert (none.level, none.article_id) == (Level.ERROR, 1)


def test_the_plain_text_needs_the_link_of_each_article(sound: Specimen) -> None:
    one = the_one(examine(replace(sound, text=sound.text.replace(OWN, ""))))
    assert (one.level, one.article_id) == (Level.ERROR, 1)
    one = the_one(examine(replace(sound, text=sound.text.replace(CITED, ""))))
    assert (one.level, one.mend) == (Level.WARNING, Mend.DIGEST)


def test_a_link_of_the_plain_text_alone_is_a_warning(sound: Specimen) -> None:
    one = the_one(examine(replace(sound, text=sound.text + "\nhttps://only.example/\n")))
    assert (one.level, one.key) == (Level.WARNING, "only-text https://only.example/")


def test_an_article_whose_page_is_gone_is_an_error(render: Render) -> None:
    one = the_one(examine(specimen(render, links={OWN: LinkAnswer.GONE})))
    assert (one.level, one.article_id, one.overrulable) == (Level.ERROR, 1, True)
    assert "it is the page of “Headline 1” itself" in one.sentence


@pytest.mark.parametrize(
    ("address", "answer"), [(CITED, LinkAnswer.GONE), (OWN, LinkAnswer.TROUBLE)]
)
def test_other_links_that_do_not_answer_are_warnings(
    render: Render, address: str, answer: LinkAnswer
) -> None:
    one = the_one(examine(specimen(render, links={address: answer, "https://x.org": answer})))
    assert (one.level, one.article_id) == (Level.WARNING, 1)


def test_a_colour_that_is_hard_to_read_only_when_inverted_is_found(sound: Specimen) -> None:
    """Blue is dark enough on white, and stays as dark when a program turns white black."""
    blue = replace(sound, html=sound.html.replace("color:#595959", "color:#0A2BE0"))
    found = [one for one in examine(blue) if one.key.startswith("contrast")]
    assert found
    assert all("turns light and dark round" in one.sentence for one in found)


def test_grey_on_grey_is_found_in_the_palette_that_has_it(sound: Specimen) -> None:
    light = the_one(examine(replace(sound, html=sound.html.replace("#595959", "#AAAAAA"))))
    assert light.level is Level.ERROR
    assert "In the light palette" in light.sentence
    dark = examine(replace(sound, html=sound.html.replace("#E8E8E8", "#606060")))
    assert dark
    assert all("In the dark palette" in one.sentence for one in dark)


def test_css_that_programs_do_without_is_named_with_them(sound: Specimen) -> None:
    styled = sound.html.replace('class="t" style="', 'class="t" style="display:grid;', 1)
    one = the_one(examine(replace(sound, html=styled)))
    assert (one.level, one.mend) == (Level.WARNING, Mend.OPERATOR)
    assert one.sentence == "The mail uses display:grid, which classic Outlook does without."


def test_an_error_blocks_until_staff_overrule_it(render: Render) -> None:
    found = examine(specimen(render, links={OWN: LinkAnswer.GONE, CITED: LinkAnswer.GONE}))
    (error,) = blocking(found, overruled=frozenset())
    assert blocking(found, overruled=frozenset({error.key})) == []
