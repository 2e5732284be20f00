"""The door for any WSGI server: `wsgi:app`."""

from agency.app import create_app
from agency.boot import boot

_booted = boot()
app = create_app(_booted.settings, _booted.database)
