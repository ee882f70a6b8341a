/* A disk that fails below Python, for libraries that write without it: loaded with LD_PRELOAD.

   Every open, write, read, sync, truncation, rename, folder and removal below one folder counts.
   Nothing counts before failing_disk_arm(). A write that fails has written half. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static long at;
static int fault, lasting;
static atomic_long count;
static atomic_int full;

void failing_disk_arm(const char *folder, long number, int error, int is_lasting) {
    at = number;
    fault = error;
    lasting = is_lasting;
    atomic_store(&count, 0);
    atomic_store(&full, 0);
    snprintf(root, sizeof root, "%s", folder);
}

long failing_disk_count(void) { return count; }

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int begins_with_root(const char *path) {
    size_t length = strlen(root);
    return !strncmp(path, root, length) && (path[length] == '/' || !path[length]);
}

static int is_below(const char *path) {
    char absolute[PATH_MAX], folder[PATH_MAX];
    if (!root[0] || !path) return 0;
    if (path[0] == '/') return begins_with_root(path);
    if (!getcwd(folder, sizeof folder)) return 0;
    snprintf(absolute, sizeof absolute, "%.2000s/%.2000s", folder, path);
    return begins_with_root(absolute);
}

static int is_open_below(int descriptor) {
    char link[64], path[PATH_MAX];
    if (!root[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

/* Count one operation; true where it is to fail. Killing is left to the caller's half. */
static int fails(int takes_space) {
    long number = atomic_fetch_add(&count, 1) + 1;
    if (number == at) {
        full = lasting;
        return 1;
    }
    return full && takes_space;
}

static void fail(void) {
    if (!fault) kill(getpid(), SIGKILL);
    errno = fault;
}

static int opening_fails(int folder, const char *path, int flags) {
    if (path[0] != '/' && folder != AT_FDCWD ? !is_open_below(folder) : !is_below(path)) return 0;
    if (!fails(flags & O_CREAT)) return 0;
    fail();
    return 1;
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opening_fails(AT_FDCWD, path, flags) ? -1 : real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opening_fails(folder, path, flags) ? -1 : real(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name) \
    FILE *name(const char *path, const char *mode) { \
        REAL(name); \
        return opening_fails(AT_FDCWD, path, mode[0] == 'r' ? 0 : O_CREAT) ? NULL : real(path, mode); \
    }
FOPEN(fopen)
FOPEN(fopen64)

ssize_t write(int descriptor, const void *content, size_t size) {
    REAL(write);
    if (!is_open_below(descriptor) || !fails(1)) return real(descriptor, content, size);
    if (size > 1 && real(descriptor, content, size / 2) < 0) return -1;
    fail();
    return -1;
}

ssize_t writev(int descriptor, const struct iovec *pieces, int n) {
    REAL(writev);
    if (!is_open_below(descriptor) || !fails(1)) return real(descriptor, pieces, n);
    if (n > 1 && real(descriptor, pieces, n / 2) < 0) return -1;
    fail();
    return -1;
}

#define BY_DESCRIPTOR(result, name, parameters, arguments, takes_space) \
    result name parameters { \
        REAL(name); \
        if (!is_open_below(descriptor) || !fails(takes_space)) return real arguments; \
        fail(); \
        return -1; \
    }
BY_DESCRIPTOR(ssize_t, pwrite64, (int descriptor, const void *c, size_t n, off64_t o), (descriptor, c, n, o), 1)
BY_DESCRIPTOR(ssize_t, read, (int descriptor, void *c, size_t n), (descriptor, c, n), 0)
BY_DESCRIPTOR(ssize_t, pread64, (int descriptor, void *c, size_t n, off64_t o), (descriptor, c, n, o), 0)
BY_DESCRIPTOR(int, fsync, (int descriptor), (descriptor), 1)
BY_DESCRIPTOR(int, fdatasync, (int descriptor), (descriptor), 1)
BY_DESCRIPTOR(int, ftruncate64, (int descriptor, off64_t n), (descriptor, n), 1)

#define BY_PATH(name, parameters, arguments, takes_space) \
    int name parameters { \
        REAL(name); \
        if (!is_below(path) || !fails(takes_space)) return real arguments; \
        fail(); \
        return -1; \
    }
BY_PATH(mkdir, (const char *path, mode_t mode), (path, mode), 1)
BY_PATH(rename, (const char *path, const char *to), (path, to), 0)
BY_PATH(unlink, (const char *path), (path), 0)
BY_PATH(rmdir, (const char *path), (path), 0)

int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    if (folder == AT_FDCWD ? !is_below(path) : !is_open_below(folder)) return real(folder, path, flags);
    if (!fails(0)) return real(folder, path, flags);
    fail();
    return -1;
}
