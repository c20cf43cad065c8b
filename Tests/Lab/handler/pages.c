#include "handler.h"

#include <string.h>

// Appends a log parameter of `size` bytes.
static int parameter(uint8_t *b, uint16_t code, uint64_t value, uint8_t size) {
    put16(b, code);
    b[2] = 0x40;
    b[3] = size;
    for (int i = 0; i < size; i++) b[4 + i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    return 4 + size;
}

static int errors(uint8_t *b, uint64_t soft, uint64_t hard, uint64_t bytes) {
    int at = 0;
    at += parameter(b + at, 0, 0, 4);
    at += parameter(b + at, 1, soft, 4);
    at += parameter(b + at, 2, soft, 4);
    at += parameter(b + at, 3, soft, 4);
    at += parameter(b + at, 4, soft, 4);
    at += parameter(b + at, 5, bytes, 8);
    at += parameter(b + at, 6, hard, 4);
    return at;
}

int log_sense(struct drive *d, struct command *c) {
    uint8_t b[1024] = {0}, page = c->cdb[2] & 0x3f;
    struct cartridge *t = d->place.cartridge;
    int at = 4;
    b[0] = page;
    switch (page) {
    case 0x00: memcpy(b + 4, "\x00\x02\x03\x0c\x12\x14\x17\x2e\x31", 9), at += 9; break;
    case 0x02: at += errors(b + at, d->soft_writes, d->hard_writes, d->written); break;
    case 0x03: at += errors(b + at, d->soft_reads, d->hard_reads, d->read); break;
    case 0x0c:
        at += parameter(b + at, 0, d->written, 8);
        at += parameter(b + at, 1, d->written, 8);
        at += parameter(b + at, 2, d->read, 8);
        at += parameter(b + at, 3, d->read, 8);
        at += parameter(b + at, 0x100, d->alerts[20], 4);
        break;
    case 0x12:
        for (int flag = 1; flag <= 64; flag++)
            if (d->alerts[flag]) b[4 + (flag - 1) / 8] |= (uint8_t)(0x80 >> ((flag - 1) % 8));
        at += 8;
        break;
    case 0x14:
        at += parameter(b + at, 0, 77, 4);
        at += parameter(b + at, 1, 2, 4);
        break;
    case 0x17:
        at += parameter(b + at, 0, 1, 4);
        at += parameter(b + at, 1, t ? t->loads : 0, 4);
        at += parameter(b + at, 0x10, t ? t->lifetime_written / 1000000 : 0, 8);
        at += parameter(b + at, 0x16, t ? t->capacity / 1000000 : 0, 4);
        break;
    case 0x2e:
        for (uint16_t flag = 1; flag <= 64; flag++) at += parameter(b + at, flag, d->alerts[flag], 1);
        break;
    case 0x31: {
        uint64_t left = t && t->capacity > t->used ? t->capacity - t->used : 0;
        at += parameter(b + at, 1, left >> 20, 4);
        at += parameter(b + at, 2, 0, 4);
        at += parameter(b + at, 3, t ? t->capacity >> 20 : 0, 4);
        at += parameter(b + at, 4, 0, 4);
        break;
    }
    default: return check(c, 5, 0x24, 0);
    }
    put16(b + 2, (uint32_t)at - 4);
    return answer(c, b, (uint32_t)at, be16(c->cdb + 7));
}

static int attribute(uint8_t *b, uint16_t id, uint8_t format, const void *value, uint16_t size) {
    put16(b, id);
    b[2] = format;
    put16(b + 3, size);
    memcpy(b + 5, value, size);
    return 5 + size;
}

static int number_attribute(uint8_t *b, uint16_t id, uint64_t value) {
    uint8_t bytes[8];
    put64(bytes, value);
    return attribute(b, id, 0x80, bytes, 8);
}

int read_attribute(struct drive *d, struct command *c) {
    struct cartridge *t = d->place.cartridge;
    uint8_t b[1024] = {0}, text[32];
    uint32_t first = be16(c->cdb + 8);
    int at = 4;
    if ((c->cdb[1] & 0x1f) != 0) return check(c, 5, 0x24, 0);
    memset(text, ' ', sizeof text);
    memcpy(text, t->barcode, strlen(t->barcode));
    if (first <= 0x0000) at += number_attribute(b + at, 0, (t->capacity - (t->used < t->capacity ? t->used : t->capacity)) >> 20);
    if (first <= 0x0001) at += number_attribute(b + at, 1, t->capacity >> 20);
    if (first <= 0x0003) at += number_attribute(b + at, 3, t->loads);
    if (first <= 0x0220) at += number_attribute(b + at, 0x220, t->lifetime_written >> 20);
    if (first <= 0x0401) at += attribute(b + at, 0x401, 0x81, text, 32);
    if (first <= 0x0405) at += attribute(b + at, 0x405, 0x80, "\x5e", 1);
    if (first <= 0x0408) at += attribute(b + at, 0x408, 0x80, t->is_worm ? "\x80" : t->is_cleaning ? "\x01" : "\x00", 1);
    if (first <= 0x0806) at += attribute(b + at, 0x806, 1, text, 32);
    put32(b, (uint32_t)at - 4);
    return answer(c, b, (uint32_t)at, be32(c->cdb + 10));
}
