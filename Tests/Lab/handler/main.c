// handler SOCKET NAME...    serves the units NAME (tape0, tape1, changer) of target_core_user until it is ended
// handler SOCKET - WORDS... sends one line of control and prints the answer
#define _GNU_SOURCE
#include "handler.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

// target_core_user.h wants struct iovec from the kernel's header, which clashes with libc's.
#define __LINUX_UIO_H
#define _UAPI__LINUX_UIO_H
#include <linux/types.h>
#include <linux/target_core_user.h>

enum { largest_transfer = 16 << 20, most_pieces = 4096 };

struct unit {
    int fd, number; // drive number, or max_drives for the changer
    uint8_t *map;
};

static struct library library = {.slot_count = 8, .drive_count = max_drives};
static uint8_t from_initiator[largest_transfer], to_initiator[largest_transfer];
static bool is_loud;

static uint32_t gather(struct unit *u, const struct iovec *pieces, uint32_t count) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < count && at + pieces[i].iov_len <= largest_transfer; i++) {
        memcpy(from_initiator + at, u->map + (size_t)pieces[i].iov_base, pieces[i].iov_len);
        at += (uint32_t)pieces[i].iov_len;
    }
    return at;
}

static void scatter(struct unit *u, const struct iovec *pieces, uint32_t count, uint32_t size) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < count && at < size; i++) {
        uint32_t part = (uint32_t)pieces[i].iov_len < size - at ? (uint32_t)pieces[i].iov_len : size - at;
        memcpy(u->map + (size_t)pieces[i].iov_base, to_initiator + at, part);
        at += part;
    }
}

static void serve(struct unit *u, struct tcmu_cmd_entry *e) {
    static struct iovec pieces[most_pieces];
    uint8_t cdb[16];
    memcpy(cdb, u->map + e->req.cdb_off, sizeof cdb);
    uint32_t count = e->req.iov_cnt < most_pieces ? e->req.iov_cnt : most_pieces;
    memcpy(pieces, e->req.iov, count * sizeof *pieces); // the answer overwrites the request
    bool writes = cdb[0] == 0x0a || cdb[0] == 0x15 || cdb[0] == 0x55 || cdb[0] == 0x4c;
    struct command c = {.cdb = cdb, .out = from_initiator, .in = to_initiator, .in_room = largest_transfer};
    if (writes) c.out_size = gather(u, pieces, count);
    int status = u->number == max_drives ? run_changer(&library, &c)
                                         : run_drive(&library, &library.drives[u->number], &c);
    scatter(u, pieces, count, c.in_size);
    if (is_loud)
        fprintf(stderr, "unit %d: %02x %02x %02x%02x%02x%02x%02x%02x%02x%02x -> %d key %02x %02x/%02x, %u bytes\n", u->number,
                cdb[0], cdb[1], cdb[2], cdb[3], cdb[4], cdb[5], cdb[6], cdb[7], cdb[8], cdb[9], status, c.sense[2], c.sense[12], c.sense[13], c.in_size);
    memset(&e->rsp, 0, sizeof e->rsp);
    e->rsp.scsi_status = (uint8_t)status;
    if (status) memcpy(e->rsp.sense_buffer, c.sense, sense_size);
    if (c.in_size) {
        e->hdr.uflags |= TCMU_UFLAG_READ_LEN;
        e->rsp.read_len = c.in_size;
    }
}

static void drain(struct unit *u) {
    struct tcmu_mailbox *box = (void *)u->map;
    uint32_t ignored;
    if (read(u->fd, &ignored, 4) != 4) return;
    while (box->cmd_tail != __atomic_load_n(&box->cmd_head, __ATOMIC_ACQUIRE)) {
        struct tcmu_cmd_entry *e = (void *)(u->map + box->cmdr_off + box->cmd_tail);
        if (tcmu_hdr_get_op(e->hdr.len_op) == TCMU_OP_CMD) serve(u, e);
        else if (tcmu_hdr_get_op(e->hdr.len_op) != TCMU_OP_PAD) e->hdr.uflags |= TCMU_UFLAG_UNKNOWN_OP;
        uint32_t next = (box->cmd_tail + tcmu_hdr_get_len(e->hdr.len_op)) % box->cmdr_size;
        __atomic_store_n(&box->cmd_tail, next, __ATOMIC_RELEASE);
    }
    ignored = 0;
    if (write(u->fd, &ignored, 4) != 4) perror("uio");
}

// Opens the uio device whose name ends with "/NAME".
static bool open_unit(const char *name, struct unit *u) {
    DIR *all = opendir("/sys/class/uio");
    struct dirent *entry;
    while (all && (entry = readdir(all))) {
        char path[512], text[256] = "", size[64] = "";
        FILE *f;
        snprintf(path, sizeof path, "/sys/class/uio/%s/name", entry->d_name);
        if (entry->d_name[0] == '.' || !(f = fopen(path, "r"))) continue;
        if (fgets(text, sizeof text, f)) text[strcspn(text, "\n")] = 0;
        fclose(f);
        size_t length = strlen(text), wanted = strlen(name);
        if (length <= wanted || strcmp(text + length - wanted, name) || text[length - wanted - 1] != '/') continue;
        snprintf(path, sizeof path, "/sys/class/uio/%s/maps/map0/size", entry->d_name);
        if (!(f = fopen(path, "r"))) break;
        if (!fgets(size, sizeof size, f)) size[0] = 0;
        fclose(f);
        snprintf(path, sizeof path, "/dev/%s", entry->d_name);
        u->fd = open(path, O_RDWR | O_CLOEXEC);
        u->map = u->fd < 0 ? MAP_FAILED : mmap(NULL, strtoul(size, NULL, 0), PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, 0);
        closedir(all);
        u->number = !strcmp(name, "changer") ? max_drives : atoi(name + strlen("tape"));
        return u->map != MAP_FAILED;
    }
    if (all) closedir(all);
    return false;
}

static int socket_at(const char *path, bool listens) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listens) unlink(path);
    int failed = listens ? bind(fd, (void *)&address, sizeof address) || listen(fd, 8)
                         : connect(fd, (void *)&address, sizeof address);
    return failed ? -1 : fd;
}

static int ask(const char *path, char **words, int count) {
    char line[512] = "", reply[512] = "";
    for (int i = 0; i < count; i++) strncat(strncat(line, words[i], 200), " ", 2);
    int fd = socket_at(path, false);
    if (fd < 0 || write(fd, line, strlen(line)) < 0 || read(fd, reply, sizeof reply - 1) < 0) return 1;
    puts(reply);
    return strcmp(reply, "ok") != 0;
}

static void hear(int listener) {
    char line[512] = "", reply[512] = "";
    int fd = accept(listener, NULL, NULL);
    if (fd < 0) return;
    if (read(fd, line, sizeof line - 1) > 0) {
        control(&library, line, reply, sizeof reply);
        if (write(fd, reply, strlen(reply)) < 0) perror("control");
    }
    close(fd);
}

int main(int count, char **words) {
    if (count < 3) return 2;
    if (!strcmp(words[2], "-")) return ask(words[1], words + 3, count - 3);
    is_loud = getenv("LAB_LOUD") != NULL;
    struct unit units[max_drives + 1];
    struct pollfd polls[max_drives + 2];
    int opened = 0;
    stock(&library);
    for (int i = 2; i < count && opened <= max_drives; i++, opened++) {
        if (!open_unit(words[i], &units[opened])) return fprintf(stderr, "no unit %s\n", words[i]), 1;
        polls[opened] = (struct pollfd){units[opened].fd, POLLIN, 0};
    }
    polls[opened] = (struct pollfd){socket_at(words[1], true), POLLIN, 0};
    if (polls[opened].fd < 0) return perror("socket"), 1;
    for (;;) {
        if (poll(polls, (nfds_t)opened + 1, -1) < 0) return 1;
        for (int i = 0; i < opened; i++)
            if (polls[i].revents) drain(&units[i]);
        if (polls[opened].revents) hear(polls[opened].fd);
    }
}
