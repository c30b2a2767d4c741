"""Queues one message per recipient in django-post_office, then sends the queue.

Arguments: PORT COUNT SUBJECT_FILE TEXT_FILE HTML_FILE DATABASE. Run by an interpreter that has it installed.
Its own defaults: batches of 100, 4 processes' worth of threads; the queue is SQLite, as ours is.
"""

import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

port, count, *files, database = sys.argv[1:]
subject, text, html = (Path(name).read_text(encoding="utf-8") for name in files)
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    EMAIL_HOST="127.0.0.1",
    EMAIL_PORT=int(port),
    EMAIL_BACKEND="post_office.EmailBackend",
    SECRET_KEY="not one",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
    USE_TZ=True,
    POST_OFFICE={"THREADS_PER_PROCESS": 8, "LOG_LEVEL": 0, "BATCH_SIZE": 500},
)
django.setup()

from post_office import mail  # noqa: E402 - Django must be set up before
from post_office.models import PRIORITY  # noqa: E402

if not Path(database).exists():
    call_command("migrate", verbosity=0)
    sys.exit()
for first in range(0, int(count), 500):
    letters = []
    for number in range(first, min(first + 500, int(count))):
        link = f"https://outages.example.org/subscriptions/{number}.1.AAAAAAAAAAAAAAAAAAAAAA/unsubscribe"
        letters.append(
            {
                "sender": "bulletins@example.org",
                "recipients": [f"person{number}@example.org"],
                "subject": subject,
                "message": text.replace("@@LINK@@", link),
                "html_message": html.replace("@@LINK@@", link),
                "headers": {"List-Unsubscribe": f"<{link}>"},
                "priority": PRIORITY.medium,
            }
        )
    mail.send_many(letters)
call_command("send_queued_mail", processes=1, log_level=0, verbosity=0)
