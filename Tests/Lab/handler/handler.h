#ifndef HANDLER_H
#define HANDLER_H

// A SCSI tape library for target_core_user: tape drives (type 1) and a changer (type 8) over cartridges in memory.
// SSC-4, SMC-3 and SPC-4 as far as st, ch, sg and the tools use them.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { max_slots = 16, max_drives = 2, max_cartridges = 32, max_faults = 32, sense_size = 96 };
enum { first_slot = 4096, first_drive = 256, first_mailslot = 16, arm_address = 1, mail_slots = 1 };

// What lies at one logical position: a block, or a filemark where `data` is null.
struct item {
    uint32_t size;
    uint8_t *data;
};

struct cartridge {
    char barcode[33];
    struct item *items;
    uint32_t count, room;
    uint64_t used, capacity, early_warning;
    uint64_t lifetime_written;
    uint32_t loads;
    bool is_protected, is_cleaning, is_worm;
};

struct place {
    struct cartridge *cartridge;
    uint16_t source; // element address, 0 for unknown
};

struct drive {
    int number;
    struct place place;
    bool is_loaded; // threaded; else the cartridge lies in the mouth
    bool is_locked, compression, encrypts;
    uint32_t position;
    uint8_t attention[8][2]; // unit attentions to tell, asc and ascq
    int attentions;
    bool alerts[65];
    uint64_t written, read, soft_writes, hard_writes, soft_reads, hard_reads;
    time_t ready_at;
    bool is_initialising;
    uint32_t late_error_at; // position that is told at the next synchronous filemark; UINT32_MAX for none
};

// The next `times` calls of `opcode` after `skip` of them fail so.
struct fault {
    int unit; // drive number, or max_drives for the changer
    uint8_t opcode, key, asc, ascq;
    int skip, times;
};

struct library {
    struct drive drives[max_drives];
    struct place slots[max_slots], mail[mail_slots];
    struct cartridge cartridges[max_cartridges];
    int cartridge_count, slot_count, drive_count;
    struct fault faults[max_faults];
    int fault_count;
    uint8_t attention[2];
    bool has_attention;
};

// One command: its CDB, the data that came or goes, and how it ended.
struct command {
    const uint8_t *cdb;
    uint8_t *out; // from the initiator
    uint32_t out_size;
    uint8_t *in; // to the initiator, `in_room` bytes
    uint32_t in_room, in_size;
    uint8_t sense[sense_size];
};

enum { status_good = 0, status_check = 2 };

static inline uint32_t be16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static inline uint32_t be24(const uint8_t *p) { return (uint32_t)p[0] << 16 | be16(p + 1); }
static inline uint32_t be32(const uint8_t *p) { return be16(p) << 16 | be16(p + 2); }
static inline uint64_t be64(const uint8_t *p) { return (uint64_t)be32(p) << 32 | be32(p + 4); }
static inline void put16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v; }
static inline void put24(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 16), put16(p + 1, v); }
static inline void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16), put16(p + 2, v); }
static inline void put64(uint8_t *p, uint64_t v) { put32(p, (uint32_t)(v >> 32)), put32(p + 4, (uint32_t)v); }

// CHECK CONDITION with fixed-format sense. `flags`: 80h filemark, 40h end of medium, 20h wrong length.
int check(struct command *c, uint8_t key, uint8_t asc, uint8_t ascq);
int check_with(struct command *c, uint8_t key, uint8_t asc, uint8_t ascq, uint8_t flags, uint32_t information);
// Answers with at most `allocation` of these bytes.
int answer(struct command *c, const uint8_t *bytes, uint32_t size, uint32_t allocation);

// Both kinds of unit.
int inquire(struct command *c, uint8_t type, const char *product, const char *serial);
bool planted(struct library *l, int unit, struct command *c);
int run_drive(struct library *l, struct drive *d, struct command *c);
int run_changer(struct library *l, struct command *c);

// The drive's pages.
int log_sense(struct drive *d, struct command *c);
int read_attribute(struct drive *d, struct command *c);

// Cartridges and where they lie.
struct place *place_at(struct library *l, uint32_t address);
struct cartridge *make_cartridge(struct library *l, const char *barcode, uint64_t capacity, uint64_t early_warning);
void cut(struct cartridge *t, uint32_t position);
void append(struct cartridge *t, uint32_t size, const uint8_t *data);
uint64_t used_before(const struct cartridge *t, uint32_t position);
void take_in(struct drive *d);
void let_go(struct drive *d);
void attend(struct drive *d, uint8_t asc, uint8_t ascq);
// Slots 1 and 2 full, the rest empty.
void stock(struct library *l);

// One line of control in, one line out.
void control(struct library *l, char *line, char *reply, size_t room);

#endif
