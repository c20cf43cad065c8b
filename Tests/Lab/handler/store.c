#include "handler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { filemark_bytes = 4096 };

static uint64_t weight(const struct item *item) { return item->data ? item->size : filemark_bytes; }

void cut(struct cartridge *t, uint32_t position) {
    while (t->count > position) {
        struct item *last = &t->items[--t->count];
        t->used -= weight(last);
        free(last->data);
    }
}

void append(struct cartridge *t, uint32_t size, const uint8_t *data) {
    if (t->count == t->room) {
        t->room = t->room ? t->room * 2 : 1024;
        t->items = realloc(t->items, t->room * sizeof *t->items);
        if (!t->items) abort();
    }
    struct item item = {size, NULL};
    if (data) {
        item.data = malloc(size ? size : 1);
        if (!item.data) abort();
        memcpy(item.data, data, size);
    }
    t->items[t->count++] = item;
    t->used += weight(&item);
}

uint64_t used_before(const struct cartridge *t, uint32_t position) {
    if (position >= t->count) return t->used;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < position; i++) sum += weight(&t->items[i]);
    return sum;
}

struct cartridge *make_cartridge(struct library *l, const char *barcode, uint64_t capacity, uint64_t early_warning) {
    struct cartridge *t = NULL;
    for (int i = 0; i < l->cartridge_count; i++)
        if (!strcmp(l->cartridges[i].barcode, barcode)) t = &l->cartridges[i];
    if (t) {
        cut(t, 0);
        free(t->items);
    } else if (l->cartridge_count < max_cartridges) {
        t = &l->cartridges[l->cartridge_count++];
    } else {
        return NULL;
    }
    memset(t, 0, sizeof *t);
    snprintf(t->barcode, sizeof t->barcode, "%s", barcode);
    t->capacity = capacity;
    t->early_warning = early_warning;
    return t;
}

struct place *place_at(struct library *l, uint32_t address) {
    if (address >= first_slot && address < first_slot + (uint32_t)l->slot_count) return &l->slots[address - first_slot];
    if (address >= first_drive && address < first_drive + (uint32_t)l->drive_count)
        return &l->drives[address - first_drive].place;
    if (address >= first_mailslot && address < first_mailslot + mail_slots) return &l->mail[address - first_mailslot];
    return NULL;
}

void attend(struct drive *d, uint8_t asc, uint8_t ascq) {
    if (d->attentions == 8) return;
    d->attention[d->attentions][0] = asc;
    d->attention[d->attentions++][1] = ascq;
}

void take_in(struct drive *d) {
    d->position = 0;
    d->is_loaded = d->place.cartridge != NULL;
    d->late_error_at = UINT32_MAX;
    d->written = d->read = d->soft_writes = d->hard_writes = d->soft_reads = d->hard_reads = 0;
    if (!d->place.cartridge) return;
    d->place.cartridge->loads++;
    attend(d, 0x28, 0);
}

void let_go(struct drive *d) {
    d->is_loaded = false;
    d->position = 0;
}

void stock(struct library *l) {
    for (int i = 0; i < l->cartridge_count; i++) cut(&l->cartridges[i], 0), free(l->cartridges[i].items);
    l->cartridge_count = 0;
    memset(l->slots, 0, sizeof l->slots);
    memset(l->mail, 0, sizeof l->mail);
    for (int i = 0; i < l->drive_count; i++) {
        struct drive *d = &l->drives[i];
        memset(d, 0, sizeof *d);
        d->number = i;
        d->compression = true;
        d->late_error_at = UINT32_MAX;
    }
    l->fault_count = 0;
    l->slots[0].cartridge = make_cartridge(l, "LAB001L8", 64 << 20, 60 << 20);
    l->slots[1].cartridge = make_cartridge(l, "LAB002L8", 64 << 20, 60 << 20);
}
