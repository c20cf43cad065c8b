#include "handler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct drive *drive_of(struct library *l, unsigned long long n) {
    return n < (unsigned)l->drive_count ? &l->drives[n] : NULL;
}

// A blank cartridge in the drive, ready at its beginning.
static const char *fresh(struct library *l, struct drive *d, unsigned long long *n) {
    char barcode[33];
    snprintf(barcode, sizeof barcode, "FRESH%dL8", d->number);
    d->is_locked = false;
    d->place.cartridge = make_cartridge(l, barcode, n[1], n[2]);
    d->place.source = 0;
    memset(d->alerts, 0, sizeof d->alerts);
    d->encrypts = false;
    d->ready_at = 0;
    d->attentions = 0;
    if (!d->place.cartridge) return "no room";
    d->place.cartridge->is_protected = n[3];
    take_in(d);
    return "ok";
}

static const char *plant(struct library *l, unsigned long long *n) {
    if (l->fault_count == max_faults) return "too many faults";
    l->faults[l->fault_count++] = (struct fault){(int)n[0],    (uint8_t)n[1], (uint8_t)n[4], (uint8_t)n[5],
                                                 (uint8_t)n[6], (int)n[2],     (int)n[3]};
    return "ok";
}

void control(struct library *l, char *line, char *reply, size_t room) {
    char word[32] = "", text[33] = "";
    unsigned long long n[8] = {0};
    int used = 0;
    if (sscanf(line, "%31s%n", word, &used) < 1) {
        snprintf(reply, room, "no command");
        return;
    }
    const char *rest = line + used;
    if (!strcmp(word, "cartridge") && sscanf(rest, " %32s%n", text, &used) == 1) rest += used;
    for (int i = 0; i < 8; i++) {
        char *end;
        n[i] = strtoull(rest, &end, 0);
        if (end == rest) break;
        rest = end;
    }
    struct drive *d = drive_of(l, n[0]);
    const char *said = "ok";
    if (!strcmp(word, "stock")) stock(l);
    else if (!strcmp(word, "fault")) said = plant(l, n);
    else if (!strcmp(word, "heal")) l->fault_count = 0;
    else if (!strcmp(word, "cartridge")) { // cartridge BARCODE SLOT CAPACITY EARLY PROTECTED
        struct place *p = n[0] >= 1 && n[0] <= (unsigned)l->slot_count ? &l->slots[n[0] - 1] : NULL;
        if (!p) said = "no such slot";
        else if ((p->cartridge = make_cartridge(l, text, n[1], n[2]))) p->cartridge->is_protected = n[3];
    } else if (!d) said = "no such drive";
    else if (!strcmp(word, "fresh")) said = fresh(l, d, n);
    else if (!strcmp(word, "button")) {
        if (d->place.cartridge && !d->is_locked) let_go(d), attend(d, 0x28, 0), d->place.cartridge = NULL;
    } else if (!strcmp(word, "reset")) attend(d, 0x29, 0), d->position = 0, d->is_locked = false;
    else if (!strcmp(word, "alert") && n[1] >= 1 && n[1] <= 64) d->alerts[n[1]] = true;
    else if (!strcmp(word, "initialise")) d->is_initialising = true, d->ready_at = time(NULL) + (time_t)n[1];
    else if (!strcmp(word, "busy")) d->is_initialising = false, d->ready_at = time(NULL) + (time_t)n[1];
    else if (!strcmp(word, "encrypt")) d->encrypts = n[1];
    else if (!strcmp(word, "late")) d->late_error_at = (uint32_t)n[1];
    else if (!strcmp(word, "soft")) d->soft_writes += n[1];
    else said = "unknown command";
    snprintf(reply, room, "%s", said);
}
