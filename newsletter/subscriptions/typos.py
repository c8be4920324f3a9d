"""Typos: the domain that somebody probably meant; a suggestion, never a rewrite."""

from functools import lru_cache

# Where most readers have their mail, the commonest first: what is equally near to two was meant to
# be that.
_COMMON = """
gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com
rocketmail.com icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me fastmail.com
zoho.com mail.com email.com gmx.com gmx.net gmx.de gmx.at gmx.ch web.de t-online.de freenet.de
posteo.de mailbox.org hotmail.de outlook.de yahoo.de hotmail.fr outlook.fr yahoo.fr orange.fr
wanadoo.fr free.fr laposte.net sfr.fr hotmail.co.uk yahoo.co.uk live.co.uk btinternet.com
virginmedia.com sky.com hotmail.it yahoo.it libero.it virgilio.it alice.it tiscali.it
hotmail.es yahoo.es outlook.es telefonica.net ukr.net i.ua meta.ua bigmir.net wp.pl o2.pl
onet.pl interia.pl op.pl seznam.cz centrum.cz email.cz azet.sk abv.bg mail.bg yahoo.ro
comcast.net verizon.net att.net sbcglobal.net cox.net bellsouth.net charter.net earthlink.net
rogers.com shaw.ca sympatico.ca bigpond.com yahoo.com.au optusnet.com.au yahoo.co.in
rediffmail.com yahoo.com.br uol.com.br bol.com.br terra.com.br qq.com 163.com 126.com sina.com
naver.com daum.net hanmail.net yahoo.co.jp docomo.ne.jp ezweb.ne.jp telenet.be skynet.be
ziggo.nl kpnmail.nl planet.nl home.nl bluewin.ch tele2.se telia.com online.no sapo.pt duck.com
hey.com tutanota.com tuta.io
"""
#: None of these is ever taken for a slip of another.
PROVIDERS = tuple(_COMMON.split())
#: Endings that no registry has, and what they were to be.
_ENDINGS = {
    **dict.fromkeys(("con", "cmo", "ocm", "comm", "vom", "xom", "cim", "coom"), "com"),
    **dict.fromkeys(("nte", "ner"), "net"),
    **dict.fromkeys(("ogr", "orgg"), "org"),
}
#: One slip; in names of this length and more, two.
_LONG, _MOST_SLIPS = 9, 2


@lru_cache(maxsize=4096)
def likely_domain(domain: str) -> str | None:
    """Return the domain that `domain` is probably a slip of, None if it looks meant."""
    domain = domain.casefold()
    if domain in PROVIDERS:
        return None
    name, _, ending = domain.rpartition(".")
    mended = f"{name}.{_ENDINGS[ending]}" if name and ending in _ENDINGS else domain
    if mended in PROVIDERS:
        return mended
    near = [one for one in PROVIDERS if abs(len(one) - len(mended)) <= _MOST_SLIPS]
    slips, _, provider = min(
        ((_slips(mended, one), place, one) for place, one in enumerate(near)), default=(9, 0, "")
    )
    if slips <= _allowed(provider):
        return provider
    return mended if mended != domain else None


def _allowed(provider: str) -> int:
    """Short names are near many others: "me.com" and "ze.com" are both meant."""
    name = provider.partition(".")[0]
    return _MOST_SLIPS if len(name) >= _LONG else int(len(name) >= 5)


def _slips(one: str, other: str) -> int:
    """Return the least number of letters left out, added, changed or swapped with a neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, wanted in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == wanted:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
