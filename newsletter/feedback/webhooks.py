"""Take a webhook: checked by its provider's rules, then stored; nothing else happens at once."""

from newsletter.config import settings
from newsletter.feedback.models import NoticeSource
from newsletter.feedback.providers import mailgun, postmark, resend, sendgrid, ses, sns_network
from newsletter.feedback.providers.checking import Request
from newsletter.feedback.receive import Event


def configured_source(name: str) -> NoticeSource | None:
    """Return the provider of a webhook's address, if its secret is set here."""
    return next((one for one in webhook_sources() if one.value == name), None)


def webhook_sources() -> list[NoticeSource]:
    """Return the providers whose secrets are set."""
    secrets = {
        NoticeSource.SES: settings.ses_topics,
        NoticeSource.POSTMARK: settings.postmark_webhook,
        NoticeSource.MAILGUN: settings.mailgun_webhook_key,
        NoticeSource.SENDGRID: settings.sendgrid_webhook_key,
        NoticeSource.RESEND: settings.resend_webhook_secret,
    }
    return [source for source, secret in secrets.items() if secret]


def check_webhook(source: NoticeSource, request: Request) -> list[Event]:
    """Return the events of a webhook whose signature is right.

    Raises:
        Forged, Malformed; NotFetched: the certificate of SNS does not come now.
    """
    if source is NoticeSource.SES:
        return ses.check(
            request, topics=settings.ses_topic_arns, fetch=sns_network.fetch_certificate
        )
    if source is NoticeSource.POSTMARK:
        return postmark.check(request, secret=settings.postmark_webhook)
    if source is NoticeSource.MAILGUN:
        return mailgun.check(request, secret=settings.mailgun_webhook_key)
    if source is NoticeSource.SENDGRID:
        return sendgrid.check(request, secret=settings.sendgrid_webhook_key)
    return resend.check(request, secret=settings.resend_webhook_secret)
