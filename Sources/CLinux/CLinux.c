#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timex.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define RESULT(call)                     \
    do {                                 \
        __typeof__(call) result = (call); \
        return result < 0 ? -errno : result; \
    } while (0)

// Only the owner and root may leave a folder's access time alone; others list it all the same.
int clinux_open_root(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOATIME);
    if (fd < 0 && errno == EPERM) fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int clinux_open_file(const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOATIME | O_NONBLOCK);
    if (fd < 0 && errno == EPERM) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

static uint64_t open_flags(enum clinux_open how) {
    switch (how) {
    // O_NONBLOCK: a FIFO planted in a store must not hang its reader; it means nothing for a regular file.
    case clinux_open_read: return O_RDONLY | O_NONBLOCK | O_NOCTTY;
    case clinux_open_read_noatime: return O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME;
    case clinux_open_read_direct: return O_RDONLY | O_NONBLOCK | O_NOCTTY | O_DIRECT;
    case clinux_open_create: return O_WRONLY | O_CREAT | O_EXCL;
    case clinux_open_read_write: return O_RDWR | O_CREAT | O_NONBLOCK | O_NOCTTY;
    case clinux_open_directory: return O_RDONLY | O_DIRECTORY | O_NOATIME;
    case clinux_open_unnamed: return O_WRONLY | O_TMPFILE;
    case clinux_open_path: return O_PATH;
    case clinux_open_read_across: return O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME;
    case clinux_open_directory_across: return O_RDONLY | O_DIRECTORY | O_NOATIME;
    }
    return O_PATH;
}

int clinux_open_beneath(int directory, const char *path, enum clinux_open how, uint32_t mode) {
    struct open_how request = {0};
    request.flags = open_flags(how) | O_CLOEXEC | O_NOFOLLOW;
    request.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    int is_across = how == clinux_open_read_across || how == clinux_open_directory_across;
    if (is_across) request.resolve &= ~(uint64_t)RESOLVE_NO_XDEV;
    // The kernel refuses a mode where nothing is made.
    if (request.flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))) request.mode = mode;
    long fd = syscall(SYS_openat2, directory, path, &request, sizeof request);
    if (fd < 0 && errno == EPERM && (is_across || how == clinux_open_directory)) {
        request.flags &= ~(uint64_t)O_NOATIME;
        fd = syscall(SYS_openat2, directory, path, &request, sizeof request);
    }
    return fd < 0 ? -errno : (int)fd;
}

int clinux_close(int fd) { RESULT(close(fd)); }
ssize_t clinux_read(int fd, void *buffer, size_t count) { RESULT(read(fd, buffer, count)); }
ssize_t clinux_write(int fd, const void *buffer, size_t count) { RESULT(write(fd, buffer, count)); }
int clinux_allocate(int fd, int64_t bytes) { RESULT(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes)); }

int clinux_set_direct(int fd, int is_direct) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return -errno;
    RESULT(fcntl(fd, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT));
}

int clinux_truncate(int fd, int64_t bytes) { RESULT(ftruncate(fd, bytes)); }

int clinux_set_modified(int fd, int64_t nanoseconds) {
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
    times[1].tv_sec = nanoseconds / 1000000000;
    times[1].tv_nsec = nanoseconds % 1000000000;
    if (times[1].tv_nsec < 0) {
        times[1].tv_nsec += 1000000000;
        times[1].tv_sec -= 1;
    }
    RESULT(futimens(fd, times));
}

int clinux_fsync(int fd) { RESULT(fsync(fd)); }
int clinux_syncfs(int fd) { RESULT(syncfs(fd)); }
void clinux_drop_cache(int fd) { (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); }

// A hostile time stamp of the year 3000 does not fit in nanoseconds: the nearest that does.
static int64_t nanoseconds_of(struct statx_timestamp stamp) {
    int64_t total;
    if (__builtin_mul_overflow((int64_t)stamp.tv_sec, (int64_t)1000000000, &total) ||
        __builtin_add_overflow(total, (int64_t)stamp.tv_nsec, &total))
        return stamp.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return total;
}

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x00001000U
#endif
#ifndef STATX_ATTR_MOUNT_ROOT
#define STATX_ATTR_MOUNT_ROOT 0x00002000
#endif

static int status(int fd, const char *name, int flags, struct clinux_status *out) {
    struct statx found;
    if (statx(fd, name, flags, STATX_BASIC_STATS | STATX_MNT_ID, &found) < 0) return -errno;
    out->mode = found.stx_mode;
    out->links = found.stx_nlink;
    out->size = (int64_t)found.stx_size;
    out->modified_ns = nanoseconds_of(found.stx_mtime);
    out->changed_ns = nanoseconds_of(found.stx_ctime);
    out->device = makedev(found.stx_dev_major, found.stx_dev_minor);
    out->inode = found.stx_ino;
    out->mount_id = 0;
#ifdef __GLIBC_PREREQ
#if __GLIBC_PREREQ(2, 33)
    if (found.stx_mask & STATX_MNT_ID) out->mount_id = found.stx_mnt_id;
#endif
#endif
    out->mount_root = -1;
    if (found.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
        out->mount_root = (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    return 0;
}

int clinux_status_of(int fd, const char *name, struct clinux_status *out) {
    return status(fd, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name[0] == 0 ? AT_EMPTY_PATH : 0), out);
}

int clinux_node_of(int fd, const char *name, struct clinux_node *out) {
    struct statx found;
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name[0] == 0 ? AT_EMPTY_PATH : 0);
    if (statx(fd, name, flags, STATX_BASIC_STATS, &found) < 0) return -errno;
    out->mode = found.stx_mode;
    out->links = found.stx_nlink;
    out->owner = found.stx_uid;
    out->group = found.stx_gid;
    out->size = (int64_t)found.stx_size;
    out->blocks = (int64_t)found.stx_blocks;
    out->modified_s = found.stx_mtime.tv_sec;
    out->modified_ns = found.stx_mtime.tv_nsec;
    out->changed_s = found.stx_ctime.tv_sec;
    out->changed_ns = found.stx_ctime.tv_nsec;
    out->device = makedev(found.stx_dev_major, found.stx_dev_minor);
    out->inode = found.stx_ino;
    out->device_major = found.stx_rdev_major;
    out->device_minor = found.stx_rdev_minor;
    out->mount_root = -1;
    if (found.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
        out->mount_root = (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    return 0;
}

int clinux_status_at(const char *path, struct clinux_status *out) { return status(AT_FDCWD, path, 0, out); }

static int64_t saturating_product(uint64_t a, uint64_t b) {
    int64_t product;
    return __builtin_mul_overflow(a, b, &product) ? INT64_MAX : product;
}

int clinux_space_of(int fd, struct clinux_space *out) {
    struct statfs found;
    if (fstatfs(fd, &found) < 0) return -errno;
    uint64_t unit = found.f_frsize > 0 ? (uint64_t)found.f_frsize : (uint64_t)found.f_bsize;
    out->free_bytes = saturating_product(found.f_bavail, unit);
    out->capacity_bytes = saturating_product(found.f_blocks, unit);
    // File systems without a fixed number of inodes (btrfs, vfat) say 0 of 0.
    out->free_inodes = found.f_files == 0 ? INT64_MAX : saturating_product(found.f_ffree, 1);
    out->file_system_id =
        ((uint64_t)(uint32_t)found.f_fsid.__val[0] << 32) | (uint64_t)(uint32_t)found.f_fsid.__val[1];
    out->type = (int64_t)found.f_type;
    out->name_max = (int32_t)found.f_namelen;
    out->read_only = (found.f_flags & ST_RDONLY) != 0;
    return 0;
}

// Not in the headers of the oldest system we build on; numbers from linux/fs.h of 6.9.
struct file_system_uuid {
    uint8_t length;
    uint8_t uuid[16];
};
#define GET_FILE_SYSTEM_UUID _IOR(0x15, 0, struct file_system_uuid)

int clinux_file_system_uuid(int fd, uint8_t uuid[16]) {
    struct file_system_uuid found = {0};
    if (ioctl(fd, GET_FILE_SYSTEM_UUID, &found) < 0) return -errno;
    memcpy(uuid, found.uuid, sizeof found.uuid);
    return found.length < sizeof found.uuid ? found.length : (int)sizeof found.uuid;
}

int clinux_seek(int fd, int64_t offset) { return lseek(fd, offset, SEEK_SET) < 0 ? -errno : 0; }

int64_t clinux_next_data(int fd, int64_t offset) { RESULT(lseek(fd, offset, SEEK_DATA)); }
int64_t clinux_next_hole(int fd, int64_t offset) { RESULT(lseek(fd, offset, SEEK_HOLE)); }
int64_t clinux_end(int fd) { RESULT(lseek(fd, 0, SEEK_END)); }

int clinux_rename_noreplace(int old_directory, const char *old_name, int directory, const char *name) {
    RESULT(renameat2(old_directory, old_name, directory, name, RENAME_NOREPLACE));
}

int clinux_rename(int old_directory, const char *old_name, int directory, const char *name) {
    RESULT(renameat(old_directory, old_name, directory, name));
}

int clinux_link(int old_directory, const char *old_name, int directory, const char *name) {
    RESULT(linkat(old_directory, old_name, directory, name, 0));
}

int clinux_link_unnamed(int fd, int directory, const char *name) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    RESULT(linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW));
}

int clinux_unlink(int directory, const char *name) { RESULT(unlinkat(directory, name, 0)); }

int clinux_make_directory(int directory, const char *name, uint32_t mode) {
    RESULT(mkdirat(directory, name, (mode_t)mode));
}

int clinux_remove_directory(int directory, const char *name) { RESULT(unlinkat(directory, name, AT_REMOVEDIR)); }
int clinux_rewind(int fd) { return lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0; }
ssize_t clinux_entries(int fd, void *buffer, size_t count) { RESULT(syscall(SYS_getdents64, fd, buffer, count)); }

ssize_t clinux_link_target(int directory, const char *name, void *buffer, size_t count) {
    RESULT(readlinkat(directory, name, buffer, count));
}

ssize_t clinux_attributes(int fd, void *buffer, size_t count) { RESULT(flistxattr(fd, buffer, count)); }

ssize_t clinux_attribute(int fd, const char *name, void *buffer, size_t count) {
    RESULT(fgetxattr(fd, name, buffer, count));
}

// There is no call that takes directory and name before Linux 6.13; the descriptor pins the directory all the same.
static int path_through(int directory, const char *node, char *path, size_t room) {
    int length = snprintf(path, room, "/proc/self/fd/%d/%s", directory, node);
    return length > 0 && (size_t)length < room ? 0 : -ENAMETOOLONG;
}

ssize_t clinux_attributes_at(int directory, const char *node, void *buffer, size_t count) {
    char path[320];
    if (path_through(directory, node, path, sizeof path) < 0) return -ENAMETOOLONG;
    RESULT(llistxattr(path, buffer, count));
}

ssize_t clinux_attribute_at(int directory, const char *node, const char *name, void *buffer, size_t count) {
    char path[320];
    if (path_through(directory, node, path, sizeof path) < 0) return -ENAMETOOLONG;
    RESULT(lgetxattr(path, name, buffer, count));
}

int clinux_set_attribute(int fd, const char *name, const void *value, size_t count) {
    RESULT(fsetxattr(fd, name, value, count, 0));
}

int clinux_lock_exclusive(int fd) { RESULT(flock(fd, LOCK_EX | LOCK_NB)); }
int clinux_unlock(int fd) { RESULT(flock(fd, LOCK_UN)); }

void clinux_set_thread_name(const char *name) { (void)prctl(PR_SET_NAME, name, 0, 0, 0); }
int clinux_become_subreaper(void) { RESULT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }

int clinux_pidfd(int pid) { RESULT((int)syscall(SYS_pidfd_open, pid, 0)); }

int clinux_pipe(int ends[2]) { RESULT(pipe2(ends, O_CLOEXEC)); }

int clinux_spawn(char *const arguments[], char *const environment[], int input, int output, int errors) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t all, none;
    pid_t pid = 0;
    sigfillset(&all);
    sigemptyset(&none);
    int result = posix_spawn_file_actions_init(&actions);
    if (result != 0) return -result;
    result = posix_spawnattr_init(&attributes);
    if (result != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return -result;
    }
    result = input >= 0 ? posix_spawn_file_actions_adddup2(&actions, input, 0)
                        : posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (result == 0) result = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (result == 0) result = posix_spawn_file_actions_adddup2(&actions, errors, 2);
    if (result == 0) result = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    // An ignored SIGPIPE and a blocked SIGTERM of ours would be inherited.
    if (result == 0) result = posix_spawnattr_setsigdefault(&attributes, &all);
    if (result == 0) result = posix_spawnattr_setsigmask(&attributes, &none);
    if (result == 0) result = posix_spawnattr_setpgroup(&attributes, 0);
    if (result == 0)
        result = posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (result == 0) result = posix_spawn(&pid, arguments[0], &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return result == 0 ? pid : -result;
}

static int64_t nanoseconds_on(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int clinux_semaphore_wait(sem_t *semaphore, int64_t nanoseconds) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t whole = end.tv_nsec + (nanoseconds > 0 ? nanoseconds : 0);
    end.tv_sec += whole / 1000000000;
    end.tv_nsec = whole % 1000000000;
    while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &end) != 0) {
        if (errno != EINTR) return -errno;
    }
    return 0;
}

int64_t clinux_boot_nanoseconds(void) { return nanoseconds_on(CLOCK_BOOTTIME); }

int clinux_clock_is_synchronized(void) {
    struct timex state = {0};
    int answer = adjtimex(&state);
    return answer >= 0 && answer != TIME_ERROR && !(state.status & STA_UNSYNC);
}
int64_t clinux_wall_nanoseconds(void) { return nanoseconds_on(CLOCK_REALTIME); }

void clinux_random(void *buffer, size_t count) {
    uint8_t *next = buffer;
    while (count > 0) {
        ssize_t got = getrandom(next, count < 256 ? count : 256, 0);
        if (got > 0) {
            next += got;
            count -= (size_t)got;
        }
    }
}

uint32_t clinux_device_major(uint64_t device) { return major(device); }
uint32_t clinux_device_minor(uint64_t device) { return minor(device); }
