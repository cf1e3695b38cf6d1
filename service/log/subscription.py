"""Following the log of any recorder by asking it again and again, which works on every engine and on replicas."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from threading import Event

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

_PAGE = 500
_PAUSE_SECONDS = 0.05


class PollingSubscription(Subscription[ApplicationRecorder]):
    """Notifications in order of position, for ever; when there are none it waits and looks again."""

    def __init__(self, recorder: ApplicationRecorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        super().__init__(recorder, gt, topics)
        self._stopped = Event()
        self._page: deque[Notification] = deque()
        self._after = gt or 0

    def stop(self) -> None:
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        while not self._stopped.is_set():
            if self._page:
                return self._page.popleft()
            self._turn_page()
            if not self._page:
                self._stopped.wait(_PAUSE_SECONDS)
        raise StopIteration

    def _turn_page(self) -> None:
        # Read before the page, so that nothing committed in between is passed over.
        end = self._recorder.max_notification_id() or 0
        page = self._recorder.select_notifications(self._after, _PAGE, topics=self._topics, inclusive_of_start=False)
        self._page.extend(page)
        if page:
            self._after = page[-1].id
        if len(page) < _PAGE:
            # With few matching topics the next look need not go over the same events.
            self._after = max(self._after, end)
