/* What a server does to its disk and what it answers, in order, and faults on demand. Preloaded into one process.

   FAULTS_ROOT     only this folder and what is below it is looked at, but every sync
   FAULTS_LOG      one line for each call: what, path, and something more, with tabs between: the second path of a rename,
                   a file's new length, the thread that syncs, the request that is answered, where written bytes are
   FAULTS_DATA     the bytes of every write, one after the other, unless it is empty
   FAULTS_CONTROL  the rules in force, one on a line: verb, operation, pattern, number; read again when it is replaced
                     fail fsync *.db-wal 5      the call fails with this errno
                     lie  fsync *.db-wal 0      the call does nothing and says that it has
                     once fsync *.db-wal 5      the first such call fails with this errno, those after it do not
                     die  rename *bodies* 3     SIGKILL in place of the third such call
                     step clock * -3600         the machine's time of day is so many seconds off

   Operations: create, read (at a place, as databases do), write, truncate, fsync (and fdatasync), rename, link, unlink,
   mkdir, and send, whose path is the first line of an HTTP answer; and clock. An answer is logged before it is sent; a write
   when it has been made, as offset, length and place in FAULTS_DATA; a sync as "syncing" when it begins and as "fsync" when
   it has succeeded. So what was logged before a "syncing" is on the disk after its "fsync".
   A call that a rule keeps from happening is logged with the rule's verb before its name; after a "die" nothing is. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define RULES 32
#define LINE (2 * PATH_MAX + 64)

struct rule {
    char verb[8], operation[16], pattern[PATH_MAX];
    int number, seen;
};

static char root[PATH_MAX], control[PATH_MAX];
static int log_fd = -1, data_fd = -1;
static long long data_end;
static pid_t owner;
static struct rule rules[RULES];
static int rule_count;
static struct timespec rules_time;
static ino_t rules_file;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER, noting = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("FAULTS_ROOT"), *log = getenv("FAULTS_LOG"), *orders = getenv("FAULTS_CONTROL");
    if (!folder || !log || !orders) return;
    snprintf(root, sizeof root, "%s", folder);
    snprintf(control, sizeof control, "%s", orders);
    log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const char *data = getenv("FAULTS_DATA");
    if (data && *data)
        data_fd = syscall(SYS_openat, AT_FDCWD, data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    owner = getpid();
    /* This process alone: what it starts is not the server. */
    unsetenv("LD_PRELOAD");
}

static int looked_at(const char *path) {
    size_t size = strlen(root);
    return strncmp(path, root, size) == 0 && (path[size] == '/' || path[size] == 0);
}

static int active(void) { return log_fd >= 0 && getpid() == owner; }

/* "noting" is held. */
static void put_line(const char *verb, const char *operation, const char *path, const char *other) {
    char line[LINE];
    int size = snprintf(line, sizeof line, "%s%s%s\t%s\t%s\n", verb, *verb ? " " : "", operation, path, other);
    syscall(SYS_write, log_fd, line, size);
    /* Other threads run on until the signal has reached them: what they still do comes after the end. */
    if (*verb == 'd') {
        kill(owner, SIGKILL);
        for (;;) pause();
    }
}

static void note(const char *verb, const char *operation, const char *path, const char *other) {
    pthread_mutex_lock(&noting);
    put_line(verb, operation, path, other);
    pthread_mutex_unlock(&noting);
}

static void note_number(const char *operation, const char *path, long long number) {
    char text[32];
    snprintf(text, sizeof text, "%lld", number);
    note("", operation, path, text);
}

static void read_rules(void) {
    struct stat now;
    if (syscall(SYS_newfstatat, AT_FDCWD, control, &now, 0) != 0) {
        rule_count = 0, rules_file = 0;
        return;
    }
    if (now.st_ino == rules_file && !memcmp(&now.st_mtim, &rules_time, sizeof rules_time)) return;
    rules_file = now.st_ino, rules_time = now.st_mtim, rule_count = 0;
    static char text[RULES * PATH_MAX];
    int fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC, 0);
    ssize_t size = syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    text[size > 0 ? size : 0] = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line && rule_count < RULES; line = strtok_r(NULL, "\n", &rest)) {
        struct rule *rule = &rules[rule_count];
        rule->seen = 0;
        if (sscanf(line, "%7s %15s %4000s %d", rule->verb, rule->operation, rule->pattern, &rule->number) == 4)
            rule_count++;
    }
}

/* Returns 0 when the call is to be made; else what it is to return, as 1 (did nothing, well) or -1 (errno is set). */
static int kept_from(const char *operation, const char *path) {
    int verdict = 0, number = 0;
    pthread_mutex_lock(&lock);
    read_rules();
    for (int i = 0; i < rule_count && !verdict; i++) {
        struct rule *rule = &rules[i];
        if (strcmp(rule->operation, operation) || fnmatch(rule->pattern, path, 0)) continue;
        if (*rule->verb == 'd' && ++rule->seen != rule->number) continue;
        if (*rule->verb == 'o' && ++rule->seen != 1) continue;
        note(rule->verb, operation, path, "");
        verdict = *rule->verb == 'l' ? 1 : -1;
        number = rule->number;
    }
    pthread_mutex_unlock(&lock);
    if (verdict < 0) errno = number;
    return verdict;
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    path[size > 0 ? size : 0] = 0;
    return size > 0;
}

static const char *resolved(int folder, const char *path, char *room) {
    if (*path == '/' || folder == AT_FDCWD || !path_of(folder, room)) return path;
    size_t size = strlen(room);
    snprintf(room + size, PATH_MAX - size, "/%s", path);
    return room;
}

#define REAL(name, ...)                                    \
    static __typeof__(name) *real;                         \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* --- files come to be -------------------------------------------------------------------------------------------- */

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char room[PATH_MAX];
    const char *emptied = NULL;
    if (active() && (flags & (O_CREAT | O_TRUNC))) {
        const char *whole = resolved(folder, path, room);
        int there = looked_at(whole) && syscall(SYS_faccessat, AT_FDCWD, whole, F_OK) == 0;
        if (there && (flags & O_TRUNC)) emptied = whole;
        if (looked_at(whole) && !there && (flags & O_CREAT)) {
            if (kept_from("create", whole)) return -1;
            note("", "create", whole, "");
        }
    }
    int result = syscall(SYS_openat, folder, path, flags | O_LARGEFILE, mode);
    if (result >= 0 && emptied) note_number("truncate", emptied, 0);
    return result;
}

#define OPEN(name)                                         \
    int name(const char *path, int flags, ...) {           \
        va_list rest;                                      \
        va_start(rest, flags);                             \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                      \
        return opened(AT_FDCWD, path, flags, mode);        \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                       \
    int name(int folder, const char *path, int flags, ...) { \
        va_list rest;                                      \
        va_start(rest, flags);                             \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                      \
        return opened(folder, path, flags, mode);          \
    }
OPENAT(openat)
OPENAT(openat64)

/* Makes the call, unless a rule forbids it, and logs it when it has succeeded. */
#define NAMED(operation, path, other, call)                \
    do {                                                   \
        if (!active() || !looked_at(path)) return call;    \
        int verdict = kept_from(operation, path);          \
        if (verdict) return verdict > 0 ? 0 : -1;          \
        int result = call;                                 \
        if (result == 0) note("", operation, path, other); \
        return result;                                     \
    } while (0)

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    NAMED("mkdir", path, "", real(path, mode));
}

int mkdirat(int folder, const char *path, mode_t mode) {
    char room[PATH_MAX];
    REAL(mkdirat);
    const char *whole = resolved(folder, path, room);
    NAMED("mkdir", whole, "", real(folder, path, mode));
}

int rename(const char *old, const char *new) {
    REAL(rename);
    NAMED("rename", old, new, real(old, new));
}

int renameat(int from, const char *old, int to, const char *new) {
    char room[PATH_MAX], other[PATH_MAX];
    const char *whole = resolved(from, old, room), *target = resolved(to, new, other);
    REAL(renameat);
    NAMED("rename", whole, target, real(from, old, to, new));
}

int link(const char *old, const char *new) {
    REAL(link);
    NAMED("link", old, new, real(old, new));
}

int linkat(int from, const char *old, int to, const char *new, int flags) {
    char room[PATH_MAX], other[PATH_MAX];
    const char *whole = resolved(from, old, room), *target = resolved(to, new, other);
    REAL(linkat);
    NAMED("link", whole, target, real(from, old, to, new, flags));
}

int unlink(const char *path) {
    REAL(unlink);
    NAMED("unlink", path, "", real(path));
}

int unlinkat(int folder, const char *path, int flags) {
    char room[PATH_MAX];
    const char *whole = resolved(folder, path, room);
    REAL(unlinkat);
    NAMED("unlink", whole, "", real(folder, path, flags));
}

/* --- bytes are written and answers sent -------------------------------------------------------------------------- */

static int is_answer(int fd, const char *data, size_t size) {
    int domain = 0;
    socklen_t room = sizeof domain;
    return size > 7 && !memcmp(data, "HTTP/1.", 7) &&
           getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &room) == 0 && domain != AF_UNIX;
}

static const char *request_of(const char *data, size_t size, char *room, size_t most) {
    char head[2048], *found;
    snprintf(head, sizeof head, "%.*s", (int)(size < sizeof head ? size : sizeof head - 1), data);
    *room = 0;
    if ((found = strcasestr(head, "\r\nx-amz-request-id: ")) || (found = strcasestr(head, "\r\nx-amzn-requestid: ")))
        snprintf(room, most, "%.*s", (int)strcspn(found + 20, "\r"), found + 20);
    return room;
}

enum verdict { REFUSED, MADE, NOTED };

/* Returns whether the write is to be made, and to be noted afterwards: then "path" is its file. */
static enum verdict may_write(int fd, const char *data, size_t size, char *path) {
    char request[80];
    if (!active() || fd == log_fd || fd == data_fd) return MADE;
    if (is_answer(fd, data, size)) {
        size_t end = 0;
        while (end < size && end < 80 && data[end] >= ' ') end++;
        snprintf(path, PATH_MAX, "%.*s", (int)end, data);
        if (kept_from("send", path)) return REFUSED;
        note("", "send", path, request_of(data, size, request, sizeof request));
        return MADE;
    }
    if (!path_of(fd, path) || !looked_at(path)) return MADE;
    return kept_from("write", path) ? REFUSED : NOTED;
}

static void note_write(const char *path, long long at, const struct iovec *parts, int count, ssize_t size) {
    char place[80];
    pthread_mutex_lock(&noting);
    snprintf(place, sizeof place, "%lld:%zd:%lld", at, size, data_end);
    if (data_fd >= 0) {
        ssize_t left = size;
        for (int i = 0; i < count && left > 0; i++) {
            size_t part = parts[i].iov_len < (size_t)left ? parts[i].iov_len : (size_t)left;
            syscall(SYS_write, data_fd, parts[i].iov_base, part);
            left -= part;
        }
        data_end += size;
    }
    put_line("", "write", path, place);
    pthread_mutex_unlock(&noting);
}

/* Makes the write by "call", which is at "at", or where the file was when that is negative. */
#define WRITTEN(fd, first, parts, count, at, call)                                      \
    do {                                                                                \
        char path[PATH_MAX];                                                            \
        const struct iovec *all = parts;                                                \
        enum verdict verdict = first ? may_write(fd, all->iov_base, all->iov_len, path) \
                                     : may_write(fd, "", 0, path);                      \
        if (verdict == REFUSED) return -1;                                              \
        ssize_t result = call;                                                          \
        if (verdict == NOTED && result > 0) {                                           \
            long long place = (at) >= 0 ? (at) : syscall(SYS_lseek, fd, 0, SEEK_CUR) - result; \
            note_write(path, place, all, count, result);                                \
        }                                                                               \
        return result;                                                                  \
    } while (0)

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    struct iovec one = {(void *)data, size};
    WRITTEN(fd, 1, &one, 1, -1LL, real(fd, data, size));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(pwrite);
    struct iovec one = {(void *)data, size};
    WRITTEN(fd, 0, &one, 1, (long long)at, real(fd, data, size, at));
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    struct iovec one = {(void *)data, size};
    WRITTEN(fd, 0, &one, 1, (long long)at, real(fd, data, size, at));
}

/* Reads are not logged: they are many, and promise nothing. */
static int may_read(int fd) {
    char path[PATH_MAX];
    return !active() || !path_of(fd, path) || !looked_at(path) || !kept_from("read", path);
}

ssize_t pread(int fd, void *data, size_t size, off_t at) {
    REAL(pread);
    return may_read(fd) ? real(fd, data, size, at) : -1;
}

ssize_t pread64(int fd, void *data, size_t size, off64_t at) {
    REAL(pread64);
    return may_read(fd) ? real(fd, data, size, at) : -1;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    WRITTEN(fd, count > 0, parts, count, -1LL, real(fd, parts, count));
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
    REAL(send);
    struct iovec one = {(void *)data, size};
    WRITTEN(fd, 1, &one, 1, -1LL, real(fd, data, size, flags));
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL(sendmsg);
    WRITTEN(fd, message->msg_iovlen > 0, message->msg_iov, message->msg_iovlen, -1LL, real(fd, message, flags));
}

static int truncated(int fd, long long size) {
    char path[PATH_MAX];
    int watched = active() && path_of(fd, path) && looked_at(path);
    if (watched && kept_from("truncate", path)) return -1;
    int result = syscall(SYS_ftruncate, fd, size);
    if (result == 0 && watched) note_number("truncate", path, size);
    return result;
}

int ftruncate(int fd, off_t size) { return truncated(fd, size); }
int ftruncate64(int fd, off64_t size) { return truncated(fd, size); }

/* --- and made durable -------------------------------------------------------------------------------------------- */

static int synced(int fd, int (*real)(int)) {
    char path[PATH_MAX];
    if (!active() || !path_of(fd, path)) return real(fd);
    int verdict = kept_from("fsync", path);
    if (verdict) return verdict > 0 ? 0 : -1;
    note_number("syncing", path, syscall(SYS_gettid));
    int result = real(fd);
    if (result == 0) note_number("fsync", path, syscall(SYS_gettid));
    return result;
}

int fsync(int fd) {
    REAL(fsync);
    return synced(fd, real);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return synced(fd, real);
}

/* --- the machine's time of day ----------------------------------------------------------------------------------- */

static int step_s(void) {
    int step = 0;
    pthread_mutex_lock(&lock);
    read_rules();
    for (int i = 0; i < rule_count; i++)
        if (*rules[i].verb == 's') step = rules[i].number;
    pthread_mutex_unlock(&lock);
    return step;
}

int clock_gettime(clockid_t which, struct timespec *now) {
    int result = syscall(SYS_clock_gettime, which, now);
    if (result == 0 && which == CLOCK_REALTIME && active()) now->tv_sec += step_s();
    return result;
}
