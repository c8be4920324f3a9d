"""Words by which servers say of a recipient what their codes do not; sought whatever the case."""

#: Her box is full.
FULL = (
    r"(?:mail)?box (?:is |was )?(?:too )?full|over (?:its |the )?(?:disk )?quota|quota exceeded|"
    r"exceeded .{0,20}(?:quota|storage)|out of storage|insufficient .{0,20}(?:space|storage)"
)
#: She, her box or her domain is not there.
UNKNOWN = (
    r"(?:user|recipient|account|mailbox|address|local[- ]?part)\b.{0,40}"
    r"\b(?:unknown|not (?:found|exist)|does(?: not|n't) exist|disabled|inactive|suspended|invalid)|"
    r"(?:no such|unknown|invalid|non-?existent) (?:\w+ )?(?:user|recipient|mailbox|address|account)"
    r"|(?:host|domain)\b.{0,30}\bnot found|no mailbox (?:here )?by that name|mailbox unavailable"
    r"|unrout\w+ address|does(?: not|n't) have an? .{0,40}account|\bsuppress(?:ion|ed)\b"
    r"|recipient (?:address )?(?:rejected|refused)"
)
#: Our sender is not allowed to send, or not known there. Amazon SES: "Email address is not
#: verified", "Sending paused for this account"; SendGrid: "does not match a verified Sender
#: Identity"; Exim: "Sender verify failed", "relay not permitted".
OUR_SENDER = (
    r"(?:email address|domain|sender)\b.{0,40}\bnot (?:yet )?verified\b|"
    r"verified sender|sender identity|unauthenticated|sending paused|"
    r"sender (?:address|domain|verif\w+)\b.{0,30}"
    r"\b(?:reject(?:ed)?|denied|unknown|invalid|fail(?:ed)?|not)\b|"
    r"sender (?:rejected|denied|not allowed)|"
    r"relay(?:ing)? (?:access )?(?:denied|not (?:permitted|allowed))|unable to relay"
)
#: This mail is refused for what it is.
OUR_MAIL = (
    r"\bspam\b|reputation|\bdmarc\b|\bspf\b|\bdkim\b|policy|\bvirus|malware|\bcontents?\b|"
    r"message (?:size|is too|too|rejected|refused)|transaction failed|bad sequence|syntax error"
)
