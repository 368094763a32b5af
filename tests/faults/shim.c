/* What a server does to its disk and what it answers, in order, and faults on demand. Preloaded into one process.

   FAULTS_ROOT     only this folder and what is below it is looked at, but every sync
   FAULTS_LOG      one line for each call: what, path, and the second path of a rename, with tabs between
   FAULTS_CONTROL  the rules in force, one on a line: verb, operation, pattern, number; read again when it is replaced
                     fail fsync *.db-wal 5      the call fails with this errno
                     lie  fsync *.db-wal 0      the call does nothing and says that it has
                     once fsync *.db-wal 5      the first such call fails with this errno, those after it do not
                     die  rename *bodies* 3     SIGKILL in place of the third such call
                     step clock * -3600         the machine's time of day is so many seconds off

   Operations: create, read (at a place, as databases do), write, fsync (and fdatasync), rename, link, unlink, mkdir, and send, whose path is the first line
   of an HTTP answer; and clock. A write is logged before it is made, a sync when it has succeeded: so what the log calls synced is.
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
static int log_fd = -1;
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
    owner = getpid();
    /* This process alone: what it starts is not the server. */
    unsetenv("LD_PRELOAD");
}

static int looked_at(const char *path) {
    size_t size = strlen(root);
    return strncmp(path, root, size) == 0 && (path[size] == '/' || path[size] == 0);
}

static int active(void) { return log_fd >= 0 && getpid() == owner; }

static void note(const char *verb, const char *operation, const char *path, const char *other) {
    char line[LINE];
    int size = snprintf(line, sizeof line, "%s%s%s\t%s\t%s\n", verb, *verb ? " " : "", operation, path, other);
    pthread_mutex_lock(&noting);
    syscall(SYS_write, log_fd, line, size);
    /* Other threads run on until the signal has reached them: what they still do comes after the end. */
    if (*verb == 'd') {
        kill(owner, SIGKILL);
        for (;;) pause();
    }
    pthread_mutex_unlock(&noting);
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
    if (active() && (flags & O_CREAT)) {
        const char *whole = resolved(folder, path, room);
        if (looked_at(whole) && syscall(SYS_faccessat, AT_FDCWD, whole, F_OK) != 0) {
            if (kept_from("create", whole)) return -1;
            note("", "create", whole, "");
        }
    }
    return syscall(SYS_openat, folder, path, flags | O_LARGEFILE, mode);
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

static int may_write(int fd, const char *data, size_t size) {
    char path[PATH_MAX];
    if (!active() || fd == log_fd) return 1;
    if (is_answer(fd, data, size)) {
        size_t end = 0;
        while (end < size && end < 80 && data[end] >= ' ') end++;
        snprintf(path, sizeof path, "%.*s", (int)end, data);
        if (kept_from("send", path)) return 0;
        note("", "send", path, "");
        return 1;
    }
    if (!path_of(fd, path) || !looked_at(path)) return 1;
    if (kept_from("write", path)) return 0;
    note("", "write", path, "");
    return 1;
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    return may_write(fd, data, size) ? real(fd, data, size) : -1;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(pwrite);
    return may_write(fd, "", 0) ? real(fd, data, size, at) : -1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    return may_write(fd, "", 0) ? real(fd, data, size, at) : -1;
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
    return may_write(fd, count ? parts->iov_base : "", count ? parts->iov_len : 0) ? real(fd, parts, count) : -1;
}

ssize_t send(int fd, const void *data, size_t size, int flags) {
    REAL(send);
    return may_write(fd, data, size) ? real(fd, data, size, flags) : -1;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL(sendmsg);
    const struct iovec *first = message->msg_iovlen ? message->msg_iov : NULL;
    return may_write(fd, first ? first->iov_base : "", first ? first->iov_len : 0) ? real(fd, message, flags) : -1;
}

/* --- and made durable -------------------------------------------------------------------------------------------- */

static int synced(int fd, int (*real)(int)) {
    char path[PATH_MAX];
    if (!active() || !path_of(fd, path)) return real(fd);
    int verdict = kept_from("fsync", path);
    if (verdict) return verdict > 0 ? 0 : -1;
    int result = real(fd);
    if (result == 0) note("", "fsync", path, "");
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
