#include "handler.h"

#include <stdio.h>
#include <string.h>

enum { arm = 1, storage = 2, mail = 3, transfer = 4 };

struct range {
    uint8_t type;
    uint32_t first, count;
};

static void ranges(struct library *l, struct range out[4]) {
    out[0] = (struct range){arm, arm_address, 1};
    out[1] = (struct range){mail, first_mailslot, mail_slots};
    out[2] = (struct range){transfer, first_drive, (uint32_t)l->drive_count};
    out[3] = (struct range){storage, first_slot, (uint32_t)l->slot_count};
}

static int describe(struct library *l, uint8_t type, uint32_t address, bool tags, bool ids, uint8_t *b) {
    struct place *p = place_at(l, address);
    int size = 12;
    memset(b, 0, 128);
    put16(b, address);
    if (p && p->cartridge) b[2] |= 1;
    if (type != arm) b[2] |= 8;
    if (type == mail) b[2] |= 0x30;
    if (type == transfer && p && p->cartridge && l->drives[address - first_drive].is_loaded) b[2] &= (uint8_t)~8;
    if (p && p->source) b[9] = 0x80, put16(b + 10, p->source);
    if (tags) {
        memset(b + size, p && p->cartridge ? ' ' : 0, 32);
        if (p && p->cartridge) memcpy(b + size, p->cartridge->barcode, strlen(p->cartridge->barcode));
        size += 36;
    }
    if (ids) {
        if (type == transfer) {
            b[size] = 2, b[size + 1] = 0; // vendor's own text, ASCII
            b[size + 3] = (uint8_t)snprintf((char *)b + size + 4, 40, "LABDRV%04u", address - first_drive);
            size += 4 + b[size + 3];
        } else {
            size += 4;
        }
    }
    return size;
}

static int read_element_status(struct library *l, struct command *c) {
    uint8_t b[8192] = {0}, wanted = c->cdb[1] & 15;
    bool tags = c->cdb[1] & 0x10, ids = c->cdb[6] & 1;
    uint32_t start = be16(c->cdb + 2), most = be16(c->cdb + 4), found = 0, lowest = 0;
    struct range all[4];
    int at = 8;
    ranges(l, all);
    for (int r = 0; r < 4; r++) {
        if (wanted && wanted != all[r].type) continue;
        int page = at, size = 0;
        for (uint32_t a = all[r].first; a < all[r].first + all[r].count && found < most; a++) {
            if (a < start) continue;
            if (page == at) at += 8;
            if (!found++) lowest = a;
            at += size = describe(l, all[r].type, a, tags, ids, b + at);
        }
        if (page == at) continue;
        b[page] = all[r].type;
        b[page + 1] = tags ? 0x80 : 0;
        put16(b + page + 2, (uint32_t)size);
        put24(b + page + 5, (uint32_t)(at - page - 8));
    }
    put16(b, lowest);
    put16(b + 2, found);
    put24(b + 5, (uint32_t)at - 8);
    return answer(c, b, (uint32_t)at, be24(c->cdb + 7));
}

static int move_medium(struct library *l, struct command *c) {
    uint32_t from = be16(c->cdb + 4), to = be16(c->cdb + 6);
    struct place *source = place_at(l, from), *target = place_at(l, to);
    if (!source || !target || source == target) return check(c, 5, 0x21, 1);
    if (!source->cartridge) return check(c, 5, 0x3b, 0x0e);
    if (target->cartridge) return check(c, 5, 0x3b, 0x0d);
    bool from_drive = from >= first_drive && from < first_slot, to_drive = to >= first_drive && to < first_slot;
    if (from_drive && l->drives[from - first_drive].is_loaded) return check(c, 5, 0x53, 2);
    target->cartridge = source->cartridge;
    target->source = (uint16_t)(from >= first_slot ? from : source->source);
    source->cartridge = NULL;
    source->source = 0;
    if (to_drive) take_in(&l->drives[to - first_drive]);
    return status_good;
}

static int mode_sense(struct library *l, struct command *c) {
    bool is_long = c->cdb[0] == 0x5a;
    uint8_t b[128] = {0}, page = c->cdb[2] & 0x3f;
    int at = is_long ? 8 : 4;
    struct range all[4];
    ranges(l, all);
    if (page == 0x1d || page == 0x3f) { // element address assignment: arm, storage, mail, transfer
        static const int order[4] = {0, 3, 1, 2};
        b[at] = 0x1d, b[at + 1] = 18;
        for (int i = 0; i < 4; i++)
            put16(b + at + 2 + 4 * i, all[order[i]].first), put16(b + at + 4 + 4 * i, all[order[i]].count);
        at += 20;
    }
    if (page == 0x1f || page == 0x3f) { // device capabilities: all hold and all move
        b[at] = 0x1f, b[at + 1] = 18, b[at + 2] = 0x0e, memset(b + at + 4, 0x0e, 4);
        at += 20;
    }
    if (at == (is_long ? 8 : 4)) return check(c, 5, 0x24, 0);
    if (is_long) put16(b, (uint32_t)at - 2);
    else b[0] = (uint8_t)(at - 1);
    return answer(c, b, (uint32_t)at, is_long ? be16(c->cdb + 7) : c->cdb[4]);
}

int run_changer(struct library *l, struct command *c) {
    if (c->cdb[0] == 0x12) return inquire(c, 8, "VIRTUAL-ROBOT", "LABROBOT01");
    if (l->has_attention && c->cdb[0] != 3) {
        l->has_attention = false;
        return check(c, 6, l->attention[0], l->attention[1]);
    }
    if (planted(l, max_drives, c)) return status_check;
    uint8_t b[18] = {0x70, [7] = 10};
    switch (c->cdb[0]) {
    case 0x03: return answer(c, b, 18, c->cdb[4]);
    case 0x00: case 0x07: case 0x37: case 0xe7: case 0x1e: case 0x15: case 0x55: case 0x2b: return status_good;
    case 0x1a: case 0x5a: return mode_sense(l, c);
    case 0xa5: return move_medium(l, c);
    case 0xb8: return read_element_status(l, c);
    default: return check(c, 5, 0x20, 0);
    }
}
