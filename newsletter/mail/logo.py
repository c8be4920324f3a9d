"""Where a mail finds the publication's logo."""


def logo_address(logo: str, *, base_url: str) -> str:
    """Return the absolute address of a logo given as address or path.

    Empty for SVG, which most mail programs do not show: the name in type is better than a gap.
    """
    if not logo or logo.lower().split("?")[0].endswith(".svg"):
        return ""
    if logo.startswith(("http://", "https://")):
        return logo
    return f"{base_url}/{logo.lstrip('/')}"
