#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "CNcurses.h"
#include "Terminal.h"

static SCREEN *screen;
static FILE *input, *output;
static bool has_extensions;

int cn_choose_locale(void) {
    const char *set = setlocale(LC_CTYPE, "") ? nl_langinfo(CODESET) : "";
    if (!strcmp(set, "UTF-8")) return CN_CODESET_UTF8;
    // "" is a locale that is not installed; ANSI_X3.4-1968 is C and POSIX: neither says what the terminal can do.
    bool unsaid = !*set || !strcmp(set, "ANSI_X3.4-1968");
    if (!unsaid) return CN_CODESET_OTHER;
    return setlocale(LC_CTYPE, "C.UTF-8") ? CN_CODESET_UNSAID : CN_CODESET_OTHER;
}

int cn_width(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

static void enter_modes(void) {
    raw();
    noecho();
    nonl();
    intrflush(stdscr, FALSE);
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, TRUE);
    curs_set(0);
}

// Bracketed paste and focus reports.
static void enter_extensions(void) {
    static const uint8_t on[] = "\033[?2004h\033[?1004h";
    if (has_extensions) cn_write(on, sizeof on - 1);
}

static void leave_extensions(void) {
    static const uint8_t off[] = "\033[?1004l\033[?2004l";
    if (has_extensions) cn_write(off, sizeof off - 1);
}

static void name_sequences(void) {
    static const struct { const char *sequence; int code; } all[] = {
        {"\033[A", KEY_UP},    {"\033[B", KEY_DOWN}, {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT},
        {"\033[H", KEY_HOME},  {"\033[F", KEY_END},  {"\033OA", KEY_UP},    {"\033OB", KEY_DOWN},
        {"\033OC", KEY_RIGHT}, {"\033OD", KEY_LEFT}, {"\033OH", KEY_HOME},  {"\033OF", KEY_END},
        {"\033[1~", KEY_HOME}, {"\033[4~", KEY_END}, {"\033[Z", KEY_BTAB},  {"\033[3~", KEY_DC},
        {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE}, {"\033[200~", CN_PASTE_BEGIN}, {"\033[201~", CN_PASTE_END},
        {"\033[<", CN_MOUSE_BEGIN}, {"\033[I", CN_FOCUS_IN}, {"\033[O", CN_FOCUS_OUT},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) define_key(all[i].sequence, all[i].code);
}

static void forget_screen(void) {
    if (screen) delscreen(screen);
    if (input) fclose(input);
    if (output) fclose(output);
    screen = NULL;
    input = output = NULL;
}

static FILE *open_copy(int descriptor, const char *mode) {
    int copy = dup(descriptor);
    if (copy < 0) return NULL;
    FILE *file = fdopen(copy, mode);
    if (!file) close(copy);
    return file;
}

int cn_open(const char *term, int in, int out, bool colours, bool extensions) {
    input = open_copy(in, "r");
    output = open_copy(out, "w");
    cn_remember_terminal(out);
    screen = input && output ? newterm(term, output, input) : NULL;
    if (!screen) {
        forget_screen();
        return -1;
    }
    set_term(screen);
    char *place = tigetstr("cup");
    if (!place || place == (char *)-1) {
        endwin();
        forget_screen();
        cn_restore_modes();
        return -2;
    }
    has_extensions = extensions;
    cn_mark_screen_open(true);
    set_escdelay(25);
    typeahead(-1);
    enter_modes();
    name_sequences();
    if (colours && has_colors()) {
        start_color();
        use_default_colors();
    }
    enter_extensions();
    return 0;
}

void cn_close(void) {
    if (!screen) return;
    cn_leave();
    forget_screen();
}

void cn_leave(void) {
    leave_extensions();
    endwin();
    cn_mark_screen_open(false);
    cn_restore_modes();
}

void cn_return(void) {
    cn_mark_screen_open(true);
    enter_modes();
    clearok(curscr, TRUE);
    enter_extensions();
}

int cn_colours(void) { return has_colors() ? COLORS : 0; }

uint8_t cn_attributes(void) {
    attr_t known = term_attrs();
    return (known & WA_BOLD ? CN_BOLD : 0) | (known & WA_DIM ? CN_DIM : 0) | (known & WA_UNDERLINE ? CN_UNDERLINE : 0) |
           (known & WA_REVERSE ? CN_REVERSE : 0) | (known & WA_ITALIC ? CN_ITALIC : 0);
}

void cn_update_size(int *columns, int *rows) {
    struct winsize size = {0};
    ioctl(cn_terminal(), TIOCGWINSZ, &size);
    *columns = size.ws_col ? size.ws_col : 80;
    *rows = size.ws_row ? size.ws_row : 24;
    if (is_term_resized(*rows, *columns)) resizeterm(*rows, *columns);
}

static attr_t curses_attributes(uint8_t attributes) {
    return (attributes & CN_BOLD ? WA_BOLD : 0) | (attributes & CN_DIM ? WA_DIM : 0) |
           (attributes & CN_UNDERLINE ? WA_UNDERLINE : 0) | (attributes & CN_REVERSE ? WA_REVERSE : 0) |
           (attributes & CN_ITALIC ? WA_ITALIC : 0);
}

// Without colours, or with all pairs in use, curses says -1, and with that it would draw nothing.
static int pair_of(int foreground, int background) {
    if ((foreground < 0 && background < 0) || !has_colors()) return 0;
    int pair = alloc_pair(foreground, background);
    return pair < 0 ? 0 : pair;
}

void cn_put(int y, int x, const cn_cell *cells, int count) {
    int foreground = -1, background = -1, pair = 0;
    for (int i = 0; i < count; i++) {
        const cn_cell *cell = &cells[i];
        if (!cell->columns) continue;
        if (cell->foreground != foreground || cell->background != background) {
            foreground = cell->foreground;
            background = cell->background;
            pair = pair_of(foreground, background);
        }
        wchar_t text[4] = {0};
        for (int k = 0; k < 3 && cell->scalars[k]; k++) text[k] = (wchar_t)cell->scalars[k];
        cchar_t shown;
        if (setcchar(&shown, text, curses_attributes(cell->attributes), (short)(pair > 32767 ? 0 : pair), &pair) != ERR)
            mvadd_wch(y, x + i, &shown);
    }
}

void cn_flush(int x, int y) {
    leaveok(stdscr, x < 0);
    curs_set(x >= 0);
    if (x >= 0) move(y, x);
    wnoutrefresh(stdscr);
    doupdate();
}

void cn_redraw(void) { clearok(curscr, TRUE); }

void cn_erase(void) { erase(); }

void cn_bell(void) { beep(); }

int cn_read(uint32_t *value) {
    // Not get_wch: on an invalid byte it swallows what follows, and then the tail of a sequence looks like keys.
    int read = getch();
    if (read == ERR) return CN_INPUT_NONE;
    *value = (uint32_t)read;
    return read > 0xff ? CN_INPUT_CODE : CN_INPUT_BYTE;
}

int cn_name_key(uint32_t code) {
    switch (code) {
    case KEY_UP: return CN_KEY_UP;
    case KEY_DOWN: return CN_KEY_DOWN;
    case KEY_LEFT: return CN_KEY_LEFT;
    case KEY_RIGHT: return CN_KEY_RIGHT;
    case KEY_HOME: case KEY_FIND: return CN_KEY_HOME;
    case KEY_END: case KEY_LL: case KEY_SELECT: return CN_KEY_END;
    case KEY_PPAGE: return CN_KEY_PAGE_UP;
    case KEY_NPAGE: return CN_KEY_PAGE_DOWN;
    case KEY_BACKSPACE: return CN_KEY_BACKSPACE;
    case KEY_DC: return CN_KEY_DELETE;
    case KEY_IC: return CN_KEY_INSERT;
    case KEY_BTAB: return CN_KEY_BACK_TAB;
    case KEY_ENTER: return CN_KEY_ENTER;
    case KEY_RESIZE: return CN_KEY_RESIZE;
    default: return code > KEY_F0 && code < KEY_F0 + 64 ? CN_KEY_FUNCTION + (int)(code - KEY_F0) : CN_KEY_OTHER;
    }
}

bool cn_write(const uint8_t *bytes, int count) {
    while (count > 0) {
        ssize_t went = write(cn_terminal(), bytes, (size_t)count);
        if (went < 0 && errno == EINTR) continue;
        if (went <= 0) return false;
        bytes += went;
        count -= (int)went;
    }
    return true;
}
