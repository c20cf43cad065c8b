#define _GNU_SOURCE
#include "CTape.h"

#include <errno.h>
#include <fcntl.h>
#include <scsi/sg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mtio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// Newer than some libc's header.
#ifndef MTWEOFI
#define MTWEOFI 35
#endif
#define OPTIONS_SET 0x30000000
#define OPTIONS_CLEAR 0x40000000
#define STATE_CLEANING 0x00008000

int ctape_open(const char *path) {
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int ctape_close(int fd) { return close(fd) < 0 ? -errno : 0; }

int ctape_device(const char *path, uint32_t *major_out, uint32_t *minor_out) {
    struct stat s;
    if (stat(path, &s) < 0) return -errno;
    if (!S_ISCHR(s.st_mode)) return -ENOTTY;
    *major_out = major(s.st_rdev);
    *minor_out = minor(s.st_rdev);
    return 0;
}

ssize_t ctape_read(int fd, void *buffer, size_t count) {
    ssize_t result = read(fd, buffer, count);
    return result < 0 ? -errno : result;
}

ssize_t ctape_write(int fd, const void *buffer, size_t count) {
    ssize_t result = write(fd, buffer, count);
    return result < 0 ? -errno : result;
}

int ctape_operate(int fd, enum ctape_operation operation, int32_t count) {
    static const short codes[] = {
        [ctape_fsf] = MTFSF,           [ctape_bsf] = MTBSF,       [ctape_fsr] = MTFSR,
        [ctape_bsr] = MTBSR,           [ctape_weof] = MTWEOF,     [ctape_weofi] = MTWEOFI,
        [ctape_rewind] = MTREW,        [ctape_offline] = MTOFFL,  [ctape_retension] = MTRETEN,
        [ctape_end_of_data] = MTEOM,   [ctape_erase] = MTERASE,   [ctape_seek] = MTSEEK,
        [ctape_set_block] = MTSETBLK,  [ctape_lock] = MTLOCK,     [ctape_unlock] = MTUNLOCK,
        [ctape_compression] = MTCOMPRESSION,
        [ctape_set_options] = MTSETDRVBUFFER, [ctape_clear_options] = MTSETDRVBUFFER,
    };
    struct mtop op = {codes[operation], count};
    if (operation == ctape_set_options) op.mt_count |= OPTIONS_SET;
    if (operation == ctape_clear_options) op.mt_count |= OPTIONS_CLEAR;
    return ioctl(fd, MTIOCTOP, &op) < 0 ? -errno : 0;
}

int ctape_state_of(int fd, struct ctape_state *out) {
    struct mtget got;
    if (ioctl(fd, MTIOCGET, &got) < 0) return -errno;
    memset(out, 0, sizeof *out);
    out->file = got.mt_fileno;
    out->block = got.mt_blkno;
    out->block_size = (int32_t)((got.mt_dsreg & MT_ST_BLKSIZE_MASK) >> MT_ST_BLKSIZE_SHIFT);
    out->density = (uint8_t)((got.mt_dsreg & MT_ST_DENSITY_MASK) >> MT_ST_DENSITY_SHIFT);
    out->is_at_filemark = GMT_EOF(got.mt_gstat) != 0;
    out->is_beginning = GMT_BOT(got.mt_gstat) != 0;
    out->is_near_end = GMT_EOT(got.mt_gstat) != 0;
    out->is_end_of_data = GMT_EOD(got.mt_gstat) != 0;
    out->is_write_protected = GMT_WR_PROT(got.mt_gstat) != 0;
    out->is_online = GMT_ONLINE(got.mt_gstat) != 0;
    out->is_door_open = GMT_DR_OPEN(got.mt_gstat) != 0;
    out->wants_cleaning = (got.mt_gstat & STATE_CLEANING) != 0;
    return 0;
}

int ctape_position(int fd, int64_t *block) {
    struct mtpos position;
    if (ioctl(fd, MTIOCPOS, &position) < 0) return -errno;
    *block = position.mt_blkno;
    return 0;
}

int ctape_command(
    int fd, const uint8_t *cdb, uint8_t cdb_count, void *data, uint32_t count, int is_write, uint32_t milliseconds,
    struct ctape_answer *out) {
    unsigned char command[16];
    if (cdb_count > sizeof command) return -EINVAL;
    memcpy(command, cdb, cdb_count);
    memset(out, 0, sizeof *out);
    sg_io_hdr_t header = {
        .interface_id = 'S',
        .dxfer_direction = count == 0 ? SG_DXFER_NONE : is_write ? SG_DXFER_TO_DEV : SG_DXFER_FROM_DEV,
        .cmd_len = cdb_count,
        .mx_sb_len = sizeof out->sense,
        .dxfer_len = count,
        .dxferp = data,
        .cmdp = command,
        .sbp = out->sense,
        .timeout = milliseconds,
    };
    if (ioctl(fd, SG_IO, &header) < 0) return -errno;
    out->status = header.status & 0x7e;
    out->host_status = header.host_status;
    out->driver_status = header.driver_status;
    out->sense_count = header.sb_len_wr;
    out->transferred = header.resid > 0 && (uint32_t)header.resid <= count ? count - (uint32_t)header.resid : count;
    return 0;
}
