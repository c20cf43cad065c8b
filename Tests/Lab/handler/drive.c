#include "handler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { filemark = 0x80, end_of_medium = 0x40, wrong_length = 0x20, largest_block = 8 << 20 };
enum { no_sense = 0, not_ready = 2, medium_error = 3, illegal = 5, attention = 6, protect = 7, blank = 8, overflow = 13 };

static bool is_near_end(struct drive *d) {
    return used_before(d->place.cartridge, d->position) > d->place.cartridge->early_warning;
}

// Zero when the medium is there and ready.
static int require_medium(struct drive *d, struct command *c) {
    if (!d->place.cartridge || !d->is_loaded) return check(c, not_ready, 0x3a, 0);
    if (time(NULL) < d->ready_at) return check(c, not_ready, 4, d->is_initialising ? 4 : 1);
    return 0;
}

static int require_writable(struct drive *d, struct command *c) {
    if (d->place.cartridge->is_protected) return check(c, protect, 0x27, 0);
    if (d->place.cartridge->is_worm && d->position < d->place.cartridge->count) return check(c, protect, 0x30, 0x0c);
    return 0;
}

static int write_block(struct drive *d, struct command *c) {
    struct cartridge *t = d->place.cartridge;
    uint32_t size = be24(c->cdb + 2);
    if (c->cdb[1] & 1) return check(c, illegal, 0x24, 0);
    if (size == 0) return status_good;
    if (size > c->out_size) return check(c, illegal, 0x24, 0);
    int refused = require_writable(d, c);
    if (refused) return refused;
    cut(t, d->position);
    if (t->used + size > t->capacity) return check_with(c, overflow, 0, 2, end_of_medium, size);
    append(t, size, c->out);
    d->position = t->count;
    d->written += size;
    t->lifetime_written += size;
    return is_near_end(d) ? check_with(c, no_sense, 0, 2, end_of_medium, 0) : status_good;
}

static int write_filemarks(struct drive *d, struct command *c) {
    struct cartridge *t = d->place.cartridge;
    uint32_t count = be24(c->cdb + 2);
    int refused = require_writable(d, c);
    if (refused) return refused;
    if (d->late_error_at != UINT32_MAX && !(c->cdb[1] & 1)) {
        cut(t, d->late_error_at);
        d->position = t->count;
        d->late_error_at = UINT32_MAX;
        d->hard_writes++;
        return check_with(c, medium_error, 0x0c, 0, 0, count);
    }
    if (count) cut(t, d->position);
    for (uint32_t i = 0; i < count; i++) {
        // A mark fits a little behind the last block.
        if (t->used > t->capacity + (1 << 20)) return check_with(c, overflow, 0, 2, end_of_medium, count - i);
        append(t, 0, NULL);
        d->position = t->count;
    }
    return is_near_end(d) ? check_with(c, no_sense, 0, 2, end_of_medium, 0) : status_good;
}

static int read_block(struct drive *d, struct command *c) {
    struct cartridge *t = d->place.cartridge;
    uint32_t size = be24(c->cdb + 2);
    if (c->cdb[1] & 1) return check(c, illegal, 0x24, 0);
    if (d->position >= t->count) return check_with(c, blank, 0, 5, 0, size);
    struct item *item = &t->items[d->position++];
    if (!item->data) return check_with(c, no_sense, 0, 1, filemark, size);
    d->read += item->size;
    answer(c, item->data, item->size, size);
    if (item->size == size || ((c->cdb[1] & 2) && item->size < size)) return status_good;
    return check_with(c, no_sense, 0, 0, wrong_length, size - item->size);
}

static int space(struct drive *d, struct command *c, int code, int64_t count) {
    struct cartridge *t = d->place.cartridge;
    if (code == 3) {
        d->position = t->count;
        return status_good;
    }
    if (code > 1) return check(c, illegal, 0x24, 0);
    while (count > 0) {
        if (d->position >= t->count) return check_with(c, blank, 0, 5, 0, (uint32_t)count);
        bool mark = !t->items[d->position++].data;
        if (code == 0 && mark) return check_with(c, no_sense, 0, 1, filemark, (uint32_t)count);
        if (code == 0 || mark) count--;
    }
    while (count < 0) {
        if (d->position == 0) return check_with(c, no_sense, 0, 4, end_of_medium, (uint32_t)-count);
        bool mark = !t->items[--d->position].data;
        if (code == 0 && mark) return check_with(c, no_sense, 0, 1, filemark, (uint32_t)-count);
        if (code == 0 || mark) count++;
    }
    return status_good;
}

static int locate(struct drive *d, struct command *c, uint64_t block) {
    if (block > d->place.cartridge->count) {
        d->position = d->place.cartridge->count;
        return check(c, blank, 0, 5);
    }
    d->position = (uint32_t)block;
    return status_good;
}

static int read_position(struct drive *d, struct command *c) {
    uint8_t b[32] = {0};
    b[0] = (uint8_t)((d->position == 0 ? 0x80 : 0) | (is_near_end(d) ? 0x40 : 0));
    if ((c->cdb[1] & 0x1f) == 6) {
        uint32_t marks = 0;
        for (uint32_t i = 0; i < d->position && i < d->place.cartridge->count; i++)
            marks += !d->place.cartridge->items[i].data;
        if (b[0] & 0x40) b[0] = (uint8_t)((b[0] & ~0x40) | 0x40);
        put64(b + 8, d->position);
        put64(b + 16, marks);
        return answer(c, b, 32, 32);
    }
    put32(b + 4, d->position);
    put32(b + 8, d->position);
    return answer(c, b, 20, 20);
}

// The mode pages that this drive has, with their length; 0 for none.
static int mode_page(struct drive *d, uint8_t page, uint8_t *b) {
    switch (page) {
    case 0x0f: // data compression
        b[0] = 0x0f, b[1] = 14, b[2] = d->compression ? 0xc0 : 0x40, b[3] = 0x80, b[7] = 1, b[11] = 1;
        return 16;
    case 0x10: // device configuration
        b[0] = 0x10, b[1] = 14, b[8] = 0x40, b[10] = 0x18, b[14] = d->compression ? 1 : 0;
        return 16;
    case 0x1c: // informational exceptions
        b[0] = 0x1c, b[1] = 10, b[2] = 8, b[3] = 3;
        return 12;
    default: return 0;
    }
}

static int mode_sense(struct drive *d, struct command *c) {
    bool is_long = c->cdb[0] == 0x5a;
    uint8_t b[256] = {0}, page = c->cdb[2] & 0x3f;
    int head = is_long ? 8 : 4, descriptor = (c->cdb[1] & 8) ? 0 : 8, at = head + descriptor;
    if (page == 0x3f) {
        for (uint8_t p = 1; p < 0x3f; p++) at += mode_page(d, p, b + at);
    } else if (page != 0) {
        int size = mode_page(d, page, b + at);
        if (!size) return check(c, illegal, 0x24, 0);
        at += size;
    }
    bool wp = d->place.cartridge && d->place.cartridge->is_protected;
    uint8_t flags = (uint8_t)(0x10 | (wp ? 0x80 : 0));
    if (is_long) {
        put16(b, (uint32_t)at - 2), b[3] = flags, b[7] = (uint8_t)descriptor;
    } else {
        b[0] = (uint8_t)(at - 1), b[2] = flags, b[3] = (uint8_t)descriptor;
    }
    if (descriptor && d->place.cartridge) b[head] = 0x5e;
    return answer(c, b, (uint32_t)at, is_long ? be16(c->cdb + 7) : c->cdb[4]);
}

static int mode_select(struct drive *d, struct command *c) {
    bool is_long = c->cdb[0] == 0x55;
    uint32_t size = is_long ? be16(c->cdb + 7) : c->cdb[4], head = is_long ? 8 : 4;
    if (size > c->out_size || size < head) return size == 0 ? status_good : check(c, illegal, 0x1a, 0);
    uint32_t at = head + (is_long ? be16(c->out + 6) : c->out[3]);
    if (at >= head + 8 && be24(c->out + head + 5) != 0) return check(c, illegal, 0x26, 0); // fixed blocks
    while (at + 2 <= size) {
        uint8_t *page = c->out + at;
        uint32_t length = 2 + page[1];
        if (at + length > size) return check(c, illegal, 0x1a, 0);
        if ((page[0] & 0x3f) == 0x0f) d->compression = page[2] & 0x80;
        if ((page[0] & 0x3f) == 0x10) d->compression = page[14] != 0;
        at += length;
    }
    return status_good;
}

static int load_unload(struct drive *d, struct command *c) {
    if (!d->place.cartridge) return check(c, not_ready, 0x3a, 0);
    if (c->cdb[4] & 1) {
        if (!d->is_loaded) take_in(d);
        d->position = 0;
    } else {
        if (d->is_locked) return check(c, illegal, 0x53, 2);
        let_go(d);
    }
    return status_good;
}

static int security_protocol_in(struct drive *d, struct command *c) {
    uint8_t b[24] = {0};
    if (c->cdb[1] == 0) {
        b[6] = 0, b[7] = 2, b[8] = 0, b[9] = 0x20;
        return answer(c, b, 10, be32(c->cdb + 6));
    }
    if (c->cdb[1] != 0x20 || be16(c->cdb + 2) != 0x20) return check(c, illegal, 0x24, 0);
    put16(b, 0x20), put16(b + 2, 20); // data encryption status
    b[5] = d->encrypts ? 2 : 0, b[6] = d->encrypts ? 2 : 0;
    return answer(c, b, 24, be32(c->cdb + 6));
}

static int on_medium(struct drive *d, struct command *c) {
    int refused = require_medium(d, c);
    if (refused) return refused;
    const uint8_t *cdb = c->cdb;
    switch (cdb[0]) {
    case 0x01: d->position = 0; return status_good;
    case 0x08: return read_block(d, c);
    case 0x0a: return write_block(d, c);
    case 0x10: return write_filemarks(d, c);
    case 0x11: {
        int32_t count = (int32_t)(be24(cdb + 2) << 8) >> 8;
        return space(d, c, cdb[1] & 7, count);
    }
    case 0x91: return space(d, c, cdb[1] & 7, (int64_t)be64(cdb + 4));
    case 0x19: {
        int protected_ = require_writable(d, c);
        if (protected_) return protected_;
        cut(d->place.cartridge, d->position);
        return status_good;
    }
    case 0x2b: return locate(d, c, be32(cdb + 3));
    case 0x92: return locate(d, c, be64(cdb + 4));
    case 0x34: return read_position(d, c);
    case 0x8c: return read_attribute(d, c);
    default: return status_good;
    }
}

int run_drive(struct library *l, struct drive *d, struct command *c) {
    char serial[16];
    snprintf(serial, sizeof serial, "LABDRV%04d", d->number);
    if (c->cdb[0] == 0x12) return inquire(c, 1, "VIRTUAL-LTO8", serial);
    if (d->attentions && c->cdb[0] != 0x03) {
        uint8_t asc = d->attention[0][0], ascq = d->attention[0][1];
        memmove(d->attention, d->attention + 1, (size_t)--d->attentions * 2);
        return check(c, attention, asc, ascq);
    }
    if (planted(l, d->number, c)) {
        if ((c->sense[2] & 15) == medium_error && c->cdb[0] == 0x0a) d->hard_writes++;
        if ((c->sense[2] & 15) == medium_error && c->cdb[0] == 0x08) d->hard_reads++;
        return status_check;
    }
    uint8_t b[64] = {0};
    switch (c->cdb[0]) {
    case 0x03:
        b[0] = 0x70, b[7] = 10;
        return answer(c, b, 18, c->cdb[4]);
    case 0x05:
        put24(b + 1, largest_block), b[5] = 1;
        return answer(c, b, 6, 6);
    case 0x15: case 0x55: return mode_select(d, c);
    case 0x1a: case 0x5a: return mode_sense(d, c);
    case 0x1b: return load_unload(d, c);
    case 0x1e: d->is_locked = c->cdb[4] & 1; return status_good;
    case 0x4c: return status_good;
    case 0x4d: return log_sense(d, c);
    case 0xa2: return security_protocol_in(d, c);
    case 0x44:
        put16(b, 54), b[4] = b[5] = 0x5e, b[6] = 0xa0;
        memcpy(b + 20, "HOLDFASTU-8     Ultrium 8/16T", 29);
        return answer(c, b, 56, be16(c->cdb + 7));
    case 0x00: case 0x01: case 0x08: case 0x0a: case 0x10: case 0x11: case 0x91: case 0x19: case 0x2b: case 0x92:
    case 0x34: case 0x8c:
        return on_medium(d, c);
    default: return check(c, illegal, 0x20, 0);
    }
}
