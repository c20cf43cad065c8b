#ifndef CNCURSES_H
#define CNCURSES_H

#include <stdbool.h>
#include <stdint.h>

// One full-screen terminal through ncursesw. Every function but cn_restore_in_crash is called by one thread only.

// What draws one cell. Colours are 0 to 255, or -1 for the terminal's own.
typedef struct {
    uint32_t scalars[3];
    int16_t foreground;
    int16_t background;
    uint8_t attributes;
    uint8_t columns;
} cn_cell;

enum { CN_BOLD = 1, CN_DIM = 2, CN_UNDERLINE = 4, CN_REVERSE = 8, CN_ITALIC = 16 };

// Key codes of ours, above those of curses, which keeps 16 bits of them.
enum { CN_PASTE_BEGIN = 0x7f01, CN_PASTE_END, CN_FOCUS_IN, CN_FOCUS_OUT, CN_MOUSE_BEGIN };

// What the locale says about the terminal's characters.
enum { CN_CODESET_UTF8 = 0, CN_CODESET_UNSAID = 1, CN_CODESET_OTHER = 2 };

// Chooses LC_CTYPE: the environment's, or C.UTF-8 where it says nothing. Before any thread depends on it.
int cn_choose_locale(void);

// Columns by the C library, -1 for what it does not print.
int cn_width(uint32_t scalar);

// Opens the screen. Takes both descriptors; they stay the caller's to close. 0, or -1 when `term` is unknown, or -2 when
// the terminal cannot place its cursor.
int cn_open(const char *term, int in, int out, bool colours, bool extensions);
// Leaves the screen and puts the modes back as they were.
void cn_close(void);
// The modes alone, at once and from any thread: for a terminal that takes no output any more.
void cn_restore_modes_now(void);
// Leaves the screen for a while.
void cn_leave(void);
void cn_return(void);

int cn_colours(void);
uint8_t cn_attributes(void);
// Asks the kernel, tells curses. 80x24 where the kernel does not know.
void cn_update_size(int *columns, int *rows);

void cn_put(int y, int x, const cn_cell *cells, int count);
// Shows what was put; the cursor at (x, y), or hidden where x < 0.
void cn_flush(int x, int y);
void cn_redraw(void);
void cn_erase(void);
void cn_bell(void);
// Bytes past curses, for what it has no words for; false when they did not all go.
bool cn_write(const uint8_t *bytes, int count);

enum { CN_INPUT_NONE, CN_INPUT_BYTE, CN_INPUT_CODE };
// The next input without waiting.
int cn_read(uint32_t *value);

// The codes of curses that matter, since its macros do not import.
enum {
    CN_KEY_OTHER, CN_KEY_UP, CN_KEY_DOWN, CN_KEY_LEFT, CN_KEY_RIGHT, CN_KEY_HOME, CN_KEY_END, CN_KEY_PAGE_UP,
    CN_KEY_PAGE_DOWN, CN_KEY_BACKSPACE, CN_KEY_DELETE, CN_KEY_INSERT, CN_KEY_BACK_TAB, CN_KEY_ENTER, CN_KEY_RESIZE,
    CN_KEY_FUNCTION = 0x100,
};
int cn_name_key(uint32_t code);

// Signals as bytes in a pipe: WINCH, TSTP, CONT, INT, TERM, HUP and QUIT. What was ignored stays ignored but HUP.
// The read end, or -1. cn_release_signals puts the old handlers back; HUP stays
// ignored where it would have ended the process.
int cn_catch_signals(void);
void cn_release_signals(void);
// Stops the process group as the terminal would on ^Z; returns after it was continued, or soon when it cannot stop.
void cn_stop(void);
bool cn_in_foreground(void);

// A descriptor that becomes readable when someone rings it, or -1; `errno` says why.
int cn_make_waker(void);
void cn_wake(int waker);
void cn_hush(int waker);

// On SEGV, ILL, TRAP, BUS, ABRT and FPE: terminal as it was, descriptors 1 and 2 as they were, then the old handler.
void cn_guard_crashes(int saved_out, int saved_error);
void cn_release_crashes(void);

#endif
