#ifndef CTAPE_H
#define CTAPE_H

// The ioctls of Linux st and sg. No policy, no retries: every function returns zero or more, or the negative errno.

#include <stdint.h>
#include <sys/types.h>

// Reads and writes, close-on-exec, never waits for a medium.
int ctape_open(const char *path);
int ctape_close(int fd);
// Of what the path leads to, symbolic links followed; ENOTTY unless it is a character device.
int ctape_device(const char *path, uint32_t *major, uint32_t *minor);

ssize_t ctape_read(int fd, void *buffer, size_t count);
ssize_t ctape_write(int fd, const void *buffer, size_t count);

// What MTIOCTOP does, by the driver's own names.
enum ctape_operation {
    ctape_fsf,
    ctape_bsf,
    ctape_fsr,
    ctape_bsr,
    ctape_weof,
    ctape_weofi, // immediate
    ctape_rewind,
    ctape_offline,
    ctape_retension,
    ctape_end_of_data,
    ctape_erase, // count 1: long
    ctape_seek,
    ctape_set_block,
    ctape_lock,
    ctape_unlock,
    ctape_compression,
    ctape_set_options,   // count: MT_ST_* booleans to set; root only
    ctape_clear_options, // and to clear
};
int ctape_operate(int fd, enum ctape_operation operation, int32_t count);

// Booleans of the driver (Documentation/scsi/st.rst).
enum ctape_option {
    ctape_option_buffer_writes = 0x1,
    ctape_option_async_writes = 0x2,
    ctape_option_read_ahead = 0x4,
    ctape_option_two_filemarks = 0x10,
    ctape_option_fast_end_of_data = 0x20,
    ctape_option_auto_lock = 0x40,
    ctape_option_can_bsr = 0x100,
    ctape_option_scsi2logical = 0x800,
    ctape_option_sysv = 0x1000,
    ctape_option_nowait = 0x2000,
    ctape_option_nowait_filemark = 0x8000,
};

struct ctape_state {
    int32_t file;  // -1 where the driver lost count
    int32_t block; // in the tape file, -1 likewise
    int32_t block_size;
    uint8_t density;
    int32_t is_at_filemark, is_beginning, is_near_end, is_end_of_data;
    int32_t is_write_protected, is_online, is_door_open, wants_cleaning;
};
// MTIOCGET; asks the driver, not the drive.
int ctape_state_of(int fd, struct ctape_state *out);
// MTIOCPOS: the logical block by READ POSITION.
int ctape_position(int fd, int64_t *block);

struct ctape_answer {
    uint8_t status; // of the SCSI command; 2 is CHECK CONDITION
    uint16_t host_status, driver_status;
    uint8_t sense[96];
    uint32_t sense_count;
    uint32_t transferred;
};
// One command through sg (SG_IO). `data` may be null with no bytes.
int ctape_command(
    int fd, const uint8_t *cdb, uint8_t cdb_count, void *data, uint32_t count, int is_write, uint32_t milliseconds,
    struct ctape_answer *out);

#endif
