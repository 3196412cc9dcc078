/*
 * Preloaded into a server: writes and syncs of database files fail or take long, as the first byte of the file $FAULT says.
 * r: read-only, i: input or output fails, y: a sync fails, s: it takes 200 ms; anything else: no fault.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static volatile const char *fault = "-";

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("FAULT");
    int fd = path ? open(path, O_RDONLY) : -1;
    void *page = fd < 0 ? MAP_FAILED : mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
    if (page != MAP_FAILED) {
        fault = page;
    }
}

static int is_database(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) {
        return 0;
    }
    path[length] = 0;
    return strstr(path, ".db") != NULL;
}

static int fails(int fd) {
    int error = *fault == 'r' ? EROFS : *fault == 'i' ? EIO : 0;
    if (error == 0 || !is_database(fd)) {
        return 0;
    }
    errno = error;
    return 1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t count) {
    return fails(fd) ? -1 : NEXT(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
    return fails(fd) ? -1 : NEXT(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
    return fails(fd) ? -1 : NEXT(pwrite64)(fd, bytes, count, at);
}

static int sync_fails(int fd) {
    if (*fault == 's' && is_database(fd)) {
        usleep(200000);
    }
    if (*fault == 'y' && is_database(fd)) {
        errno = EIO;
        return 1;
    }
    return fails(fd);
}

int fsync(int fd) {
    return sync_fails(fd) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd) {
    return sync_fails(fd) ? -1 : NEXT(fdatasync)(fd);
}
