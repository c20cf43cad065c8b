#ifndef CN_TERMINAL_H
#define CN_TERMINAL_H

#include <stdbool.h>

// The modes to go back to, of the terminal behind that descriptor.
void cn_remember_terminal(int descriptor);
void cn_restore_modes(void);
// Whether a crash has a screen to leave.
void cn_mark_screen_open(bool open);
int cn_terminal(void);

#endif
