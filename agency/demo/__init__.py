"""The practice agency and the headless demo: our own program against the simulator, judged by the simulator's books.

Belongs here: made-up clients, shops and suppliers, feeding the simulator, comparing books. Reaches the simulator by URL
only. May import services, extensions and httpx; nothing of ours imports this but the command line.
"""
