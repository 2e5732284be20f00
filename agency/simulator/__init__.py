"""The outside world, played: TikTok Shop, two kinds of supplier and the carriers, as one independent Flask app.

Belongs here: everything a vendor would answer, remember or send, and the dials that make it misbehave.
Does not belong here: anything that knows how Shopfleet works.
May import: Flask, werkzeug and the standard library, nothing of ours. Nothing of ours imports this package
except the command line, which starts it.

    signed calls, codes, tokens         tiktok_*.py  -> gate.py (signature, token, scope, rate)
    one order's life                    order_factory.py -> order_life.py -> settlement.py
    suppliers                           rest_supplier.py, cj_*.py -> supplier_life.py -> parcels.py
    time                                clock.py, agenda.py (what falls due), webhooks.py (what is told)
    memory                              book.py: one SQLite file that survives a kill
    misbehaviour                        faults.py (dials) -> wire.py (drops, hangs, cuts)
    the director's chair                control.py, books.py under /_sim
"""
