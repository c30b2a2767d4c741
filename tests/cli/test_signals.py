"""Commands that run until they are told to end."""

import signal
import threading

from outage_service.cli.signals import signal_awaited


def test_a_signal_handed_to_another_thread_ends_the_wait() -> None:
    """The system chooses the thread; the one that waits must notice, to end in good order (P8)."""

    def be_told() -> None:
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    with signal_awaited() as wait_for_signal:
        told = threading.Timer(0.1, be_told)
        told.start()
        wait_for_signal()
        told.join()
    assert signal.getsignal(signal.SIGTERM) is before
