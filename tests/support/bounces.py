"""Delivery status notifications (RFC 3464) as mail servers write them. Knows their form; nothing of ours."""

from __future__ import annotations

from email.message import EmailMessage

_BOUNDARY = "ABC123.456/mail.example"
_TEXT = """\
From: MAILER-DAEMON@mail.example (Mail Delivery System)
To: tilat@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
    boundary="{boundary}"
Message-Id: <20270301070000.1@mail.example>

--{boundary}
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
Arrival-Date: Mon,  1 Mar 2027 07:00:00 +0000 (UTC)

Final-Recipient: rfc822; anna@demo.example
Original-Recipient: rfc822;anna@demo.example
Action: {action}
Status: {status}
Remote-MTA: dns; mx.demo.example
Diagnostic-Code: {said}

--{boundary}
Content-Type: {returned}

From: tilat@example.org
To: anna@demo.example
Subject: =?utf-8?q?Aihe?=
Message-ID: {message_id}

Hei Anna

--{boundary}--
"""


def notification(
    message_id: str,
    status: str = "5.1.1",
    action: str = "failed",
    returned: str = "message/rfc822",
    said: str = "smtp; 550 5.1.1 <anna@demo.example>: user unknown",
) -> bytes:
    """What Postfix sends back, of a mail with this Message-ID; `returned` says how it returns the mail."""
    fields = {"message_id": message_id, "status": status, "action": action}
    return _TEXT.format(boundary=_BOUNDARY, returned=returned, said=said, **fields).encode()


def plain_mail() -> bytes:
    """A holiday answer, which is no notification."""
    message = EmailMessage()
    message["Subject"] = "Poissa"
    message.set_content("Olen lomalla.")
    return message.as_bytes()
