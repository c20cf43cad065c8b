#include "handler.h"

#include <stdio.h>
#include <string.h>

int check_with(struct command *c, uint8_t key, uint8_t asc, uint8_t ascq, uint8_t flags, uint32_t information) {
    memset(c->sense, 0, sense_size);
    c->sense[0] = 0xf0;
    c->sense[2] = key | flags;
    put32(c->sense + 3, information);
    c->sense[7] = 10;
    c->sense[12] = asc;
    c->sense[13] = ascq;
    return status_check;
}

int check(struct command *c, uint8_t key, uint8_t asc, uint8_t ascq) {
    int status = check_with(c, key, asc, ascq, 0, 0);
    c->sense[0] = 0x70;
    return status;
}

int answer(struct command *c, const uint8_t *bytes, uint32_t size, uint32_t allocation) {
    if (size > allocation) size = allocation;
    if (size > c->in_room) size = c->in_room;
    memcpy(c->in, bytes, size);
    c->in_size = size;
    return status_good;
}

bool planted(struct library *l, int unit, struct command *c) {
    for (int i = 0; i < l->fault_count; i++) {
        struct fault *f = &l->faults[i];
        if (f->unit != unit || f->opcode != c->cdb[0] || f->times == 0) continue;
        if (f->skip > 0) {
            f->skip--;
            continue;
        }
        f->times--;
        check(c, f->key, f->asc, f->ascq);
        return true;
    }
    return false;
}

static int page_83(uint8_t *b, const char *product, const char *serial) {
    b[4] = 2; // T10 vendor identification, ASCII
    b[5] = 1;
    b[7] = (uint8_t)snprintf((char *)b + 8, 60, "HOLDFAST%-16s%s", product, serial);
    int at = 8 + b[7];
    b[at] = 1; // NAA, binary
    b[at + 1] = 3;
    b[at + 3] = 8;
    uint64_t sum = 0x5001405000000000;
    for (const char *s = serial; *s; s++) sum = (sum & 0xfffffffff0000000) | ((sum * 31 + (uint8_t)*s) & 0x0fffffff);
    put64(b + at + 4, sum);
    put16(b + 2, (uint32_t)(at + 12 - 4));
    return at + 12;
}

int inquire(struct command *c, uint8_t type, const char *product, const char *serial) {
    uint8_t b[256] = {type};
    int size;
    if (c->cdb[1] & 1) {
        b[1] = c->cdb[2];
        switch (c->cdb[2]) {
        case 0x00: b[3] = 3, b[4] = 0, b[5] = 0x80, b[6] = 0x83, size = 7; break;
        case 0x80: b[3] = (uint8_t)strlen(serial), memcpy(b + 4, serial, b[3]), size = 4 + b[3]; break;
        case 0x83: size = page_83(b, product, serial); break;
        default: return check(c, 5, 0x24, 0);
        }
    } else {
        b[1] = 0x80;
        b[2] = 6;
        b[3] = 2;
        b[4] = 31;
        snprintf((char *)b + 8, 29, "HOLDFAST%-16sLAB1", product);
        size = 36;
    }
    return answer(c, b, (uint32_t)size, be16(c->cdb + 3));
}
