"""The admin pages: one blueprint, one module per area."""

from flask import Flask

from newsletter.staff import security
from newsletter.web.admin.blueprint import admin


def init_app(app: Flask) -> None:
    """Register the admin pages and what they need."""
    # Imported for the routes they add to the blueprint.
    from newsletter.web.admin import (  # noqa: F401
        accounts,
        alarms,
        article_actions,
        articles,
        corrections,
        deliverability,
        digest_actions,
        digest_drafts,
        digest_edit,
        digest_edit_lock,
        digest_edit_mail,
        digest_page,
        digest_preflight,
        digest_preview,
        digests,
        feed_connect,
        feeds,
        leave_reasons,
        manuscripts,
        overview,
        reader_erase,
        reader_evidence,
        readers,
        readers_export,
        relays,
        sending,
        settings,
        settings_account,
        settings_box,
        settings_domain,
        settings_signup,
        sign_in,
        silent_readers,
        suppressions,
        welcome,
    )

    security.init_app(app)
    app.register_blueprint(admin)
