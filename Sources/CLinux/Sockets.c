#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

int clinux_socket_path_limit(void) { return (int)sizeof(((struct sockaddr_un *)0)->sun_path) - 1; }

int clinux_open_folder(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int clinux_make_folder(const char *path, uint32_t mode) { return mkdir(path, mode) < 0 ? -errno : 0; }
int clinux_change_mode(int fd, uint32_t mode) { return fchmod(fd, mode) < 0 ? -errno : 0; }
int clinux_change_group(int fd, uint32_t group) { return fchown(fd, (uid_t)-1, group) < 0 ? -errno : 0; }

static int address_of(const char *path, struct sockaddr_un *out) {
    size_t length = strlen(path);
    if (length > (size_t)clinux_socket_path_limit()) return -ENAMETOOLONG;
    memset(out, 0, sizeof *out);
    out->sun_family = AF_UNIX;
    memcpy(out->sun_path, path, length);
    return 0;
}

int clinux_listen_unix(const char *path, uint32_t mode, uint32_t group, int backlog) {
    struct sockaddr_un address;
    int result = address_of(path, &address);
    if (result < 0) return result;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    // Until listen nobody can connect, so the mode between bind and chmod lets nobody in.
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0) {
        if (lchown(path, (uid_t)-1, group) == 0 && chmod(path, mode) == 0 && listen(fd, backlog) == 0) return fd;
        result = -errno;
        unlink(path);
    } else {
        result = -errno;
    }
    close(fd);
    return result;
}

int clinux_answers_unix(const char *path) {
    struct sockaddr_un address;
    int result = address_of(path, &address);
    if (result < 0) return result;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN) {
        result = 1; // EAGAIN: its backlog is full, so somebody listens.
    } else {
        result = errno == ECONNREFUSED || errno == ENOENT ? 0 : -errno;
    }
    close(fd);
    return result;
}

int clinux_accept_either(int first, int second, int wake, int *which) {
    struct pollfd fds[3] = {{wake, POLLIN, 0}, {first, POLLIN, 0}, {second, POLLIN, 0}};
    while (1) {
        if (poll(fds, 3, -1) < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        if (fds[0].revents) return -ECANCELED;
        for (int i = 1; i < 3; i++) {
            if (!fds[i].revents) continue;
            int fd = accept4(fds[i].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            if (fd >= 0) {
                *which = i - 1;
                return fd;
            }
            if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) return -errno;
        }
    }
}

ssize_t clinux_send_now(int fd, const void *buffer, size_t count) {
    ssize_t sent = send(fd, buffer, count, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

int clinux_peer_of(int fd, struct clinux_peer *out) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) return -errno;
    out->pid = peer.pid;
    out->uid = peer.uid;
    out->gid = peer.gid;
    return 0;
}

int clinux_peer_in_group(int fd, uint32_t group) {
    struct clinux_peer peer;
    int result = clinux_peer_of(fd, &peer);
    if (result < 0) return result;
    if (peer.gid == group) return 1;
    socklen_t size = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0) return 0;
    if (errno != ERANGE) return -errno;
    gid_t *groups = malloc(size);
    if (!groups) return -ENOMEM;
    result = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0 ? -errno : 0;
    for (size_t i = 0; result == 0 && i < size / sizeof *groups; i++) {
        if (groups[i] == group) result = 1;
    }
    free(groups);
    return result;
}

int clinux_user_name(uint32_t uid, char *out, size_t count) {
    char buffer[16384];
    struct passwd entry, *found = NULL;
    if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) != 0 || !found) return 0;
    size_t length = strnlen(found->pw_name, count);
    memcpy(out, found->pw_name, length);
    return (int)length;
}

int clinux_group_name(uint32_t gid, char *out, size_t count) {
    char buffer[16384];
    struct group entry, *found = NULL;
    if (getgrgid_r(gid, &entry, buffer, sizeof buffer, &found) != 0 || !found) return 0;
    size_t length = strnlen(found->gr_name, count);
    memcpy(out, found->gr_name, length);
    return (int)length;
}

int clinux_owned_by(int fd, uint32_t user) {
    struct stat status;
    if (fstat(fd, &status) < 0) return -errno;
    return status.st_uid == user;
}

uint32_t clinux_own_user(void) { return geteuid(); }
uint32_t clinux_own_group(void) { return getegid(); }
