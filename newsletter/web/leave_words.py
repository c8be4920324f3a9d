"""The words for reasons of leaving, for readers who choose one and staff who count them."""

from newsletter.subscriptions.leave_reason_models import LeaveReason

#: In the order of the page; said in the reader's language by the template.
REASONS = {
    LeaveReason.TOO_MANY: "Too many mails",
    LeaveReason.NOT_FOR_ME: "The articles are not for me",
    LeaveReason.READ_ELSEWHERE: "I read the articles elsewhere",
    LeaveReason.NEVER_ASKED: "I never asked for these mails",
    LeaveReason.OTHER: "Another reason",
}
