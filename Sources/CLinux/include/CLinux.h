#ifndef CLINUX_H
#define CLINUX_H

// Linux calls that Swift's Glibc does not show. No policy here, no retries: every function returns a result of zero or
// more, or the negative errno.

#include <semaphore.h>
#include <stdint.h>
#include <sys/types.h>

// How clinux_open_beneath opens; each is close-on-exec and never follows a final symbolic link.
enum clinux_open {
    clinux_open_read,
    clinux_open_read_noatime,
    clinux_open_read_direct,
    clinux_open_create,
    clinux_open_read_write,
    clinux_open_directory,
    clinux_open_unnamed,
    clinux_open_path,
    // These two may lie on another mount.
    clinux_open_read_across,
    clinux_open_directory_across,
};

// A directory by absolute path, symbolic links followed.
int clinux_open_root(const char *path);
// Resolves beneath `directory`: no "..", absolute path, symbolic link, magic link or other mount. EAGAIN when a rename
// raced with the resolution.
int clinux_open_beneath(int directory, const char *path, enum clinux_open how, uint32_t mode);
// An existing file or device by absolute path, symbolic links followed, for reading.
int clinux_open_file(const char *path);
int clinux_close(int fd);

ssize_t clinux_read(int fd, void *buffer, size_t count);
ssize_t clinux_write(int fd, const void *buffer, size_t count);
// Reserves blocks past the end without changing the size.
int clinux_allocate(int fd, int64_t bytes);
// O_DIRECT on or off.
int clinux_set_direct(int fd, int is_direct);
int clinux_truncate(int fd, int64_t bytes);
int clinux_set_modified(int fd, int64_t nanoseconds);
int clinux_fsync(int fd);
int clinux_syncfs(int fd);
void clinux_drop_cache(int fd);

struct clinux_status {
    uint32_t mode;
    uint32_t links;
    int64_t size;
    int64_t modified_ns;
    int64_t changed_ns;
    uint64_t device;
    uint64_t inode;
    uint64_t mount_id;
    int32_t mount_root; // 1, 0, or -1 where the kernel does not say
};
// Of the descriptor itself when `name` is empty, else of a name in it, symbolic links not followed.
int clinux_status_of(int fd, const char *name, struct clinux_status *out);

// Of an absolute path, symbolic links followed.
int clinux_status_at(const char *path, struct clinux_status *out);

// All that an archive keeps of a node of a file system.
struct clinux_node {
    uint32_t mode;
    uint32_t links;
    uint32_t owner;
    uint32_t group;
    int64_t size;
    int64_t blocks; // of 512 bytes
    int64_t modified_s;
    int64_t changed_s;
    uint32_t modified_ns;
    uint32_t changed_ns;
    uint64_t device;
    uint64_t inode;
    uint32_t device_major; // of a device node
    uint32_t device_minor;
    int32_t mount_root; // 1, 0, or -1 where the kernel does not say
};
// As clinux_status_of.
int clinux_node_of(int fd, const char *name, struct clinux_node *out);

struct clinux_space {
    int64_t free_bytes;
    int64_t capacity_bytes;
    int64_t free_inodes;
    uint64_t file_system_id;
    int64_t type; // the statfs magic number
    int32_t name_max;
    int32_t read_only;
};
int clinux_space_of(int fd, struct clinux_space *out);
// Bytes of the file system's UUID (FS_IOC_GETFSUUID, Linux 6.9), at most 16.
int clinux_file_system_uuid(int fd, uint8_t uuid[16]);
// Moves the offset; EINVAL past the largest file that the file system can hold. Nothing is allocated.
int clinux_seek(int fd, int64_t offset);

// Where data or a hole begins at or after the offset; moves the file's own offset. -ENXIO where nothing follows.
int64_t clinux_next_data(int fd, int64_t offset);
int64_t clinux_next_hole(int fd, int64_t offset);
// The offset of the end, also of a device; moves the file's own offset there.
int64_t clinux_end(int fd);

// EEXIST when the new name is taken.
int clinux_rename_noreplace(int old_directory, const char *old_name, int directory, const char *name);
int clinux_rename(int old_directory, const char *old_name, int directory, const char *name);
int clinux_link(int old_directory, const char *old_name, int directory, const char *name);
// Gives an unnamed file its name.
int clinux_link_unnamed(int fd, int directory, const char *name);
int clinux_unlink(int directory, const char *name);
int clinux_make_directory(int directory, const char *name, uint32_t mode);
int clinux_remove_directory(int directory, const char *name);
int clinux_rewind(int fd);
// Raw linux_dirent64 records; 0 at the end.
ssize_t clinux_entries(int fd, void *buffer, size_t count);
ssize_t clinux_link_target(int directory, const char *name, void *buffer, size_t count);
// Names of extended attributes, each ended by NUL; the bytes needed when `count` is 0.
ssize_t clinux_attributes(int fd, void *buffer, size_t count);
ssize_t clinux_attribute(int fd, const char *name, void *buffer, size_t count);
// Of a name in a directory, which may be a symbolic link and is not followed.
ssize_t clinux_attributes_at(int directory, const char *node, void *buffer, size_t count);
ssize_t clinux_attribute_at(int directory, const char *node, const char *name, void *buffer, size_t count);
int clinux_set_attribute(int fd, const char *name, const void *value, size_t count);

// 0, or -EWOULDBLOCK when another holds it.
int clinux_lock_exclusive(int fd);
// Also frees it where a child between fork and exec still shares the descriptor, which close alone does not.
int clinux_unlock(int fd);

void clinux_set_thread_name(const char *name);
// Makes this process inherit orphaned descendants of its children.
int clinux_become_subreaper(void);
// A descriptor that is readable when the process has ended.
int clinux_pidfd(int pid);
// A close-on-exec pipe: [0] for reading, [1] for writing.
int clinux_pipe(int ends[2]);
// Starts a program in a process group of its own with default signals and no descriptor but the first three; returns its process id.
// Input: -1 for nothing on its standard input.
int clinux_spawn(char *const arguments[], char *const environment[], int input, int output, int errors);
// Waits on the monotonic clock, which no change of the wall's can stretch; -ETIMEDOUT when the time is over first.
int clinux_semaphore_wait(sem_t *semaphore, int64_t nanoseconds);
int64_t clinux_boot_nanoseconds(void);
// 1 when a time service keeps the clock on the wall (adjtimex).
int clinux_clock_is_synchronized(void);
int64_t clinux_wall_nanoseconds(void);
void clinux_random(void *buffer, size_t count);
uint32_t clinux_device_major(uint64_t device);
uint32_t clinux_device_minor(uint64_t device);

// Unix sockets.

// The longest path that fits a socket's address.
int clinux_socket_path_limit(void);
// A folder that is no symbolic link, by path.
int clinux_open_folder(const char *path);
int clinux_make_folder(const char *path, uint32_t mode);
int clinux_change_mode(int fd, uint32_t mode);
int clinux_change_group(int fd, uint32_t group);
// Binds and listens; the file gets exactly this mode and group before anybody can connect. UINT32_MAX: own group.
int clinux_listen_unix(const char *path, uint32_t mode, uint32_t group, int backlog);
// 1 when somebody listens there, 0 when nobody does.
int clinux_answers_unix(const char *path);
// Waits for the first of both sockets that has a caller; a descriptor that does not block, and which of both it came
// from. -ECANCELED once `wake` is readable.
int clinux_accept_either(int first, int second, int wake, int *which);
// Writes what fits without waiting.
ssize_t clinux_send_now(int fd, const void *buffer, size_t count);

struct clinux_peer {
    int32_t pid;
    uint32_t uid;
    uint32_t gid;
};
// Who made the connection, as the kernel saw it then.
int clinux_peer_of(int fd, struct clinux_peer *out);
// 1 when the one who made the connection was in the group, 0 when not.
int clinux_peer_in_group(int fd, uint32_t group);
// The user's name, which may take long where names come over the network; the length, or 0 for a user without one.
int clinux_user_name(uint32_t uid, char *out, size_t count);
// As clinux_user_name, of a group.
int clinux_group_name(uint32_t gid, char *out, size_t count);
// 1 when the user owns what the descriptor is open on, 0 when not.
int clinux_owned_by(int fd, uint32_t user);
uint32_t clinux_own_user(void);
uint32_t clinux_own_group(void);

#endif
