#include <sys/eventfd.h>

#include "CNcurses.h"

int cn_make_waker(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Fails only when the counter is full: then it is readable anyway.
void cn_wake(int waker) { (void)eventfd_write(waker, 1); }

void cn_hush(int waker) {
    eventfd_t count;
    (void)eventfd_read(waker, &count);
}
