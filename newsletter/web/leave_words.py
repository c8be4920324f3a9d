"""The words for reasons of leaving, for readers who choose one and staff who count them."""

from newsletter.languages import later
from newsletter.subscriptions.leave_reason_models import LeaveReason

#: In the order of the page; said in the reader's language by the template.
REASONS = {
    LeaveReason.TOO_MANY: later("Too many mails"),
    LeaveReason.NOT_FOR_ME: later("The articles are not for me"),
    LeaveReason.READ_ELSEWHERE: later("I read the articles elsewhere"),
    LeaveReason.NEVER_ASKED: later("I never asked for these mails"),
    LeaveReason.OTHER: later("Another reason"),
}
