#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "CNcurses.h"
#include "Terminal.h"

static _Atomic int terminal = -1;
static _Atomic bool screen_open;
static struct termios modes;
static _Atomic bool has_modes;

void cn_remember_terminal(int descriptor) {
    terminal = descriptor;
    has_modes = tcgetattr(descriptor, &modes) == 0;
}

// A terminal in the background of its session must not be touched: that would stop us.
void cn_restore_modes(void) {
    if (has_modes && cn_in_foreground()) tcsetattr(terminal, TCSADRAIN, &modes);
}

void cn_restore_modes_now(void) {
    if (has_modes && cn_in_foreground()) tcsetattr(terminal, TCSANOW, &modes);
}

void cn_mark_screen_open(bool open) { screen_open = open; }

int cn_terminal(void) { return terminal; }

bool cn_in_foreground(void) {
    pid_t group = tcgetpgrp(terminal);
    return group < 0 || group == getpgrp();
}

// Signals that the screen's thread hears of.

static const int heard[] = {SIGWINCH, SIGTSTP, SIGCONT, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { heard_count = sizeof heard / sizeof *heard };
static struct sigaction before[heard_count];
static int ends[2] = {-1, -1};

static void hear(int number) {
    int saved = errno;
    uint8_t byte = (uint8_t)number;
    // The pipe never blocks; when it is full, someone is about to look anyway.
    ssize_t went = write(ends[1], &byte, 1);
    (void)went;
    errno = saved;
}

int cn_catch_signals(void) {
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return -1;
    struct sigaction action = {.sa_handler = hear, .sa_flags = SA_RESTART};
    sigfillset(&action.sa_mask);
    for (int i = 0; i < heard_count; i++) {
        sigaction(heard[i], NULL, &before[i]);
        bool keeps = before[i].sa_handler == SIG_IGN && heard[i] != SIGWINCH && heard[i] != SIGCONT;
        if (!keeps) sigaction(heard[i], &action, NULL);
    }
    return ends[0];
}

void cn_release_signals(void) {
    if (ends[0] < 0) return;
    for (int i = 0; i < heard_count; i++) {
        // A lost terminal may say so twice, and the second time must not end what is being put in order.
        if (heard[i] == SIGHUP && before[i].sa_handler == SIG_DFL) before[i].sa_handler = SIG_IGN;
        sigaction(heard[i], &before[i], NULL);
    }
    close(ends[0]);
    close(ends[1]);
    ends[0] = ends[1] = -1;
}

void cn_stop(void) {
    struct sigaction ours, standard = {.sa_handler = SIG_DFL};
    if (sigaction(SIGTSTP, NULL, &ours) != 0 || ours.sa_handler == SIG_IGN) return;
    sigaction(SIGTSTP, &standard, NULL);
    kill(0, SIGTSTP);
    // The stop comes at once or, in an orphaned group, never. The time does not run while we are stopped.
    struct timespec moment = {.tv_nsec = 50000000};
    nanosleep(&moment, NULL);
    sigaction(SIGTSTP, &ours, NULL);
}

// Crashes.

static const int deadly[] = {SIGSEGV, SIGILL, SIGTRAP, SIGBUS, SIGABRT, SIGFPE};
enum { deadly_count = sizeof deadly / sizeof *deadly };
static struct sigaction last_words[deadly_count];
static _Atomic bool guarded;
static int out_before = -1, error_before = -1;

static void leave_crashing(int number, siginfo_t *info, void *context) {
    (void)context;
    int saved = errno;
    if (atomic_exchange(&screen_open, false)) {
        static const char reset[] =
            "\033[?1006l\033[?1002l\033[?1000l\033[?1004l\033[?2004l\033[?25h\033[m\033(B\033[?1l\033>\033[?1049l\r\n";
        ssize_t went = write(terminal, reset, sizeof reset - 1);
        (void)went;
        if (has_modes) tcsetattr(terminal, TCSANOW, &modes);
        if (out_before >= 0) dup2(out_before, 1);
        if (error_before >= 0) dup2(error_before, 2);
    }
    for (int i = 0; i < deadly_count; i++) {
        if (deadly[i] == number) sigaction(number, &last_words[i], NULL);
    }
    errno = saved;
    // A fault happens again on return, with its address; anything else must be sent again.
    bool faults = number != SIGTRAP && number != SIGABRT && info && info->si_code > 0;
    if (!faults) raise(number);
}

void cn_guard_crashes(int saved_out, int saved_error) {
    out_before = saved_out;
    error_before = saved_error;
    struct sigaction action = {.sa_sigaction = leave_crashing, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < deadly_count; i++) sigaction(deadly[i], &action, &last_words[i]);
    guarded = true;
}

void cn_release_crashes(void) {
    if (!atomic_exchange(&guarded, false)) return;
    for (int i = 0; i < deadly_count; i++) sigaction(deadly[i], &last_words[i], NULL);
    out_before = error_before = -1;
}
