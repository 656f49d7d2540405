// A disk that fails, for programs that are run with this library preloaded.
//
// It counts the system calls that change something below the folders in FLOW_FAULT_DIRS (separated by
// colons): open for writing, write, pwrite, ftruncate, fsync, fdatasync, rename, link, unlink, rmdir,
// mkdir, and close of what was written. At call number FLOW_FAULT_AT (from 1) it does FLOW_FAULT_KIND:
//   kill    the process is killed before the call
//   eio     the call fails with EIO, this once
//   enospc  this call, and all later ones that need space, fail with ENOSPC
//   heal    as enospc, but there is space again after FLOW_FAULT_CALLS more calls (default 10)
//   short   a write puts half of its bytes (and says so); other calls are as eio
//   power   the machine loses power before the call: what is not durable is undone, then as kill
// FLOW_FAULT_COUNT names a file that gets the number of calls when the process ends.
//
// What is durable: the content of a file as of its last fsync or fdatasync, and an entry of a folder
// (create, rename, unlink) once the folder is synced after it. On a power cut everything else is put
// back as it was, newest first; that is the least a file system promises, and what a program may rely on.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { kFiles = 4096 };

// What was durable of a file, by device and inode: names change. `size` < 0: nothing is unsynced.
struct Content {
  dev_t device;
  ino_t inode;
  char* synced;  // the whole content as of the last sync
  off_t size;
  int keeper;  // a descriptor of our own, so that the inode is not used again
  int dirty;
};
// A change of a folder that is not durable yet. Undone in reverse order.
enum Kind { kCreated, kRenamed, kRemoved };
struct Change {
  enum Kind kind;
  char* path;    // created: itself; renamed: its new name; removed: its old name
  char* from;    // renamed: its old name
  char* backup;  // what stood at `path` before (a hard link, or a folder moved aside), or null
  int folder;    // is `path` a folder
  int done;      // durable by now
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct Content contents[kFiles];
static int content_count;
static struct Change* changes;
static int change_count, change_room;
static char descriptor_written[65536];
static const char* dirs;
static const char* kind;
static char graveyard[PATH_MAX];
static long calls, fault_at, heal_after = 10;
static int grave_count;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int Power(void) { return kind != NULL && strcmp(kind, "power") == 0; }

static void Start(void) {
  static int started;
  if (started) return;
  started = 1;
  dirs = getenv("FLOW_FAULT_DIRS");
  kind = getenv("FLOW_FAULT_KIND");
  const char* at = getenv("FLOW_FAULT_AT");
  fault_at = at == NULL ? 0 : atol(at);
  if (getenv("FLOW_FAULT_CALLS") != NULL) heal_after = atol(getenv("FLOW_FAULT_CALLS"));
  const char* graves = getenv("FLOW_FAULT_GRAVES");
  snprintf(graveyard, sizeof graveyard, "%s", graves == NULL ? "" : graves);
}

__attribute__((destructor)) static void End(void) {
  const char* path = getenv("FLOW_FAULT_COUNT");
  if (path == NULL) return;
  FILE* file = fopen(path, "w");
  if (file == NULL) return;
  fprintf(file, "%ld\n", calls);
  fclose(file);
}

// Absolute, without links in its folder; 0: not ours.
static int Ours(const char* path, char* out) {
  Start();
  if (dirs == NULL || path == NULL) return 0;
  char folder[PATH_MAX], real[PATH_MAX];
  snprintf(folder, sizeof folder, "%s", path);
  char* slash = strrchr(folder, '/');
  const char* name = slash == NULL ? path : path + (slash - folder) + 1;
  if (slash == folder) slash[1] = 0;
  else if (slash != NULL) *slash = 0;
  if (realpath(slash == NULL ? "." : folder, real) == NULL) return 0;
  if ((size_t)snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) >= PATH_MAX) return 0;
  for (const char* dir = dirs; *dir != 0;) {
    size_t size = strcspn(dir, ":");
    if (size > 0 && strncmp(out, dir, size) == 0 && (out[size] == '/' || out[size] == 0)) return 1;
    dir += size + (dir[size] == ':');
  }
  return 0;
}

static int OursByDescriptor(int fd, char* out) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  Start();
  if (dirs == NULL) return 0;
  ssize_t n = readlink(link, out, PATH_MAX - 1);
  if (n <= 0 || out[0] != '/') return 0;
  out[n] = 0;
  char* deleted = strstr(out, " (deleted)");
  if (deleted != NULL) *deleted = 0;
  char same[PATH_MAX];
  return Ours(out, same);
}

static struct Content* Known(int fd) {
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return NULL;
  for (int i = 0; i < content_count; ++i) {
    if (contents[i].device == info.st_dev && contents[i].inode == info.st_ino) return &contents[i];
  }
  if (content_count == kFiles) return NULL;
  struct Content* content = &contents[content_count++];
  memset(content, 0, sizeof *content);
  content->device = info.st_dev;
  content->inode = info.st_ino;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  content->keeper = REAL(open)(link, O_RDWR | O_CLOEXEC);
  return content;
}

// Remembers a file's content as durable.
static void Durable(struct Content* content) {
  struct stat info;
  if (content == NULL || content->keeper < 0 || fstat(content->keeper, &info) != 0) return;
  free(content->synced);
  content->size = info.st_size;
  content->synced = malloc((size_t)info.st_size + 1);
  off_t at = 0;
  while (at < info.st_size) {
    ssize_t n = pread(content->keeper, content->synced + at, (size_t)(info.st_size - at), at);
    if (n <= 0) break;
    at += n;
  }
  content->dirty = 0;
}

// A file that this process did not write before is on the disk as it is.
static void WillChange(int fd) {
  if (!Power()) return;
  int before = content_count;
  struct Content* content = Known(fd);
  if (content == NULL) return;
  if (content_count > before && !content->dirty) Durable(content);
  content->dirty = 1;
}

static struct Change* Remember(enum Kind what, const char* path, const char* from) {
  if (change_count == change_room) {
    change_room = change_room * 2 + 64;
    changes = realloc(changes, sizeof *changes * (size_t)change_room);
  }
  struct Change* change = &changes[change_count++];
  memset(change, 0, sizeof *change);
  change->kind = what;
  change->path = strdup(path);
  change->from = from == NULL ? NULL : strdup(from);
  change->done = 1;  // until it has happened
  return change;
}

// Keeps what stands at `path` from being lost: another name for a file. Null: nothing is there.
static char* Keep(const char* path) {
  struct stat info;
  if (graveyard[0] == 0 || lstat(path, &info) != 0) return NULL;
  char name[PATH_MAX + 32];
  snprintf(name, sizeof name, "%s/%d-%d", graveyard, (int)getpid(), ++grave_count);
  int result = S_ISDIR(info.st_mode) ? REAL(mkdir)(name, 0700) : REAL(link)(path, name);
  return result == 0 ? strdup(name) : NULL;
}

static int InFolder(const char* path, const char* folder) {
  size_t size = strlen(folder);
  return strncmp(path, folder, size) == 0 && path[size] == '/' && strchr(path + size + 1, '/') == NULL;
}

static int Within(const char* path, const char* folder) {
  size_t size = strlen(folder);
  return strncmp(path, folder, size) == 0 && path[size] == '/';
}

// `path`, below `from`, is below `to` now.
static char* Moved(char* path, const char* from, const char* to) {
  char moved[2 * PATH_MAX];
  snprintf(moved, sizeof moved, "%s%s", to, path + strlen(from));
  free(path);
  return strdup(moved);
}

static void FolderDurable(const char* folder) {
  for (int i = 0; i < change_count; ++i) {
    struct Change* change = &changes[i];
    // A rename within one folder is one change.
    if (change->done || !InFolder(change->path, folder)) continue;
    change->done = 1;
    // What is pending inside of a folder that is gone for good, or has another name for good.
    for (int k = 0; k < i; ++k) {
      struct Change* inner = &changes[k];
      if (inner->done) continue;
      if (change->kind == kRemoved && change->folder && Within(inner->path, change->path)) inner->done = 1;
      if (change->kind != kRenamed || !Within(inner->path, change->from)) continue;
      inner->path = Moved(inner->path, change->from, change->path);
      if (inner->from != NULL) inner->from = Moved(inner->from, change->from, change->path);
    }
  }
}

static void RemoveTree(const char* path) {
  DIR* dir = opendir(path);
  if (dir != NULL) {
    struct dirent* entry;
    while ((entry = readdir(dir)) != NULL) {
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      char inner[PATH_MAX];
      if ((size_t)snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) >= sizeof inner) continue;
      RemoveTree(inner);
    }
    closedir(dir);
    REAL(rmdir)(path);
    return;
  }
  REAL(unlink)(path);
}

static void PowerCut(void) {
  for (int i = change_count - 1; i >= 0; --i) {
    struct Change* change = &changes[i];
    if (change->done) continue;
    switch (change->kind) {
      case kCreated:
        RemoveTree(change->path);
        break;
      case kRenamed:
        REAL(rename)(change->path, change->from);
        if (change->backup != NULL) REAL(rename)(change->backup, change->path);
        break;
      case kRemoved:
        if (change->folder) {
          REAL(mkdir)(change->path, 0700);
        } else if (change->backup != NULL) {
          REAL(rename)(change->backup, change->path);
        }
        break;
    }
  }
  for (int i = 0; i < content_count; ++i) {
    struct Content* content = &contents[i];
    if (!content->dirty || content->keeper < 0) continue;
    if (REAL(ftruncate)(content->keeper, 0) != 0) continue;
    if (content->size > 0) {
      ssize_t n = REAL(pwrite)(content->keeper, content->synced, (size_t)content->size, 0);
      (void)n;
    }
  }
}

static void Die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Counts a call; returns an errno that it is to fail with, or 0, or -1: write only half.
static int Fault(int needs_space, int is_write) {
  ++calls;
  if (fault_at == 0 || kind == NULL || calls < fault_at) return 0;
  if (strcmp(kind, "enospc") == 0) return needs_space ? ENOSPC : 0;
  if (strcmp(kind, "heal") == 0) return needs_space && calls < fault_at + heal_after ? ENOSPC : 0;
  if (calls != fault_at) return 0;
  if (Power()) {
    PowerCut();
    Die();
  }
  if (strcmp(kind, "kill") == 0) Die();
  if (strcmp(kind, "short") == 0 && is_write) return -1;
  return EIO;
}

#define EXPORT __attribute__((visibility("default")))
// Runs `call` under the lock unless the call is to fail.
#define GUARDED(type, failed, needs_space, before, call, after) \
  do {                                                         \
    pthread_mutex_lock(&lock);                                 \
    int fault = Fault(needs_space, 0);                         \
    type result = failed;                                      \
    int code = fault;                                          \
    if (fault == 0) {                                          \
      before;                                                  \
      errno = 0;                                               \
      result = call;                                           \
      code = errno;                                            \
      if (result != failed) {                                  \
        after;                                                 \
      }                                                        \
    }                                                          \
    pthread_mutex_unlock(&lock);                               \
    errno = code;                                              \
    return result;                                             \
  } while (0)

static int Open(const char* path, int flags, mode_t mode) {
  __typeof__(&open) real = REAL(open);
  char full[PATH_MAX];
  if ((flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) == 0 || !Ours(path, full)) {
    return real(path, flags, mode);
  }
  struct stat info;
  int is_new = lstat(full, &info) != 0;
  GUARDED(int, -1, is_new, {
    if (!is_new && (flags & O_TRUNC) != 0) {
      int fd = real(path, O_RDWR | O_CLOEXEC);
      if (fd >= 0) {
        WillChange(fd);
        REAL(close)(fd);
      }
    }
  }, real(path, flags, mode), {
    if (result < (int)sizeof descriptor_written) descriptor_written[result] = 1;
    if (Power() && is_new) {
      Remember(kCreated, full, NULL)->done = 0;
      struct Content* content = Known(result);  // durable: nothing
      if (content != NULL) content->dirty = 1;
    }
  });
}

EXPORT int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return Open(path, flags, mode);
}
EXPORT int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return Open(path, flags, mode);
}

EXPORT int close(int fd) {
  __typeof__(&close) real = REAL(close);
  char path[PATH_MAX];
  if (fd < 0 || fd >= (int)sizeof descriptor_written || !descriptor_written[fd]) return real(fd);
  descriptor_written[fd] = 0;
  if (!OursByDescriptor(fd, path)) return real(fd);
  pthread_mutex_lock(&lock);
  int fault = Fault(0, 0);
  int result = real(fd);  // a close that fails has closed
  pthread_mutex_unlock(&lock);
  if (fault > 0) {
    errno = fault;
    return -1;
  }
  return result;
}

static ssize_t Write(int fd, const void* data, size_t size, off_t at, int positioned) {
  __typeof__(&write) real = REAL(write);
  __typeof__(&pwrite) real_at = REAL(pwrite);
  char path[PATH_MAX];
  if (!OursByDescriptor(fd, path)) return positioned ? real_at(fd, data, size, at) : real(fd, data, size);
  pthread_mutex_lock(&lock);
  int fault = Fault(1, 1);
  ssize_t result = -1;
  int code = fault;
  if (fault <= 0) {
    if (fault < 0 && size > 1) size /= 2;
    WillChange(fd);
    errno = 0;
    result = positioned ? real_at(fd, data, size, at) : real(fd, data, size);
    code = errno;
  }
  pthread_mutex_unlock(&lock);
  errno = code;
  return result;
}
EXPORT ssize_t write(int fd, const void* data, size_t size) { return Write(fd, data, size, 0, 0); }
EXPORT ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  return Write(fd, data, size, at, 1);
}
EXPORT ssize_t pwrite64(int fd, const void* data, size_t size, off_t at) {
  return Write(fd, data, size, at, 1);
}

EXPORT int ftruncate(int fd, off_t size) {
  __typeof__(&ftruncate) real = REAL(ftruncate);
  char path[PATH_MAX];
  if (!OursByDescriptor(fd, path)) return real(fd, size);
  GUARDED(int, -1, 0, WillChange(fd), real(fd, size), {});
}
EXPORT int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

static int Sync(int fd, __typeof__(&fsync) real) {
  char path[PATH_MAX];
  if (!OursByDescriptor(fd, path)) return real(fd);
  // The call itself is left out: here the library says what is durable, and it is faster.
  GUARDED(int, -1, 0, {}, 0, {
    struct stat info;
    if (Power() && fstat(fd, &info) == 0) {
      if (S_ISDIR(info.st_mode)) FolderDurable(path);
      else Durable(Known(fd));
    }
  });
}
EXPORT int fsync(int fd) { return Sync(fd, REAL(fsync)); }
EXPORT int fdatasync(int fd) { return Sync(fd, REAL(fdatasync)); }

EXPORT int rename(const char* from, const char* to) {
  __typeof__(&rename) real = REAL(rename);
  char old_name[PATH_MAX], new_name[PATH_MAX];
  if (!Ours(to, new_name) || !Ours(from, old_name)) return real(from, to);
  GUARDED(int, -1, 0, {
    if (Power()) Remember(kRenamed, new_name, old_name)->backup = Keep(new_name);
  }, real(from, to), if (Power()) changes[change_count - 1].done = 0);
}

EXPORT int link(const char* from, const char* to) {
  __typeof__(&link) real = REAL(link);
  char path[PATH_MAX];
  if (!Ours(to, path)) return real(from, to);
  GUARDED(int, -1, 1, {}, real(from, to), if (Power()) Remember(kCreated, path, NULL)->done = 0);
}

EXPORT int mkdir(const char* name, mode_t mode) {
  __typeof__(&mkdir) real = REAL(mkdir);
  char path[PATH_MAX];
  if (!Ours(name, path)) return real(name, mode);
  GUARDED(int, -1, 1, {}, real(name, mode), if (Power()) Remember(kCreated, path, NULL)->done = 0);
}

static int Removed(const char* name, int folder, __typeof__(&unlink) real) {
  char path[PATH_MAX];
  if (!Ours(name, path)) return real(name);
  GUARDED(int, -1, 0, {
    if (Power()) {
      struct Change* change = Remember(kRemoved, path, NULL);
      change->folder = folder;
      if (!folder) change->backup = Keep(path);
    }
  }, real(name), if (Power()) changes[change_count - 1].done = 0);
}
EXPORT int unlink(const char* name) { return Removed(name, 0, REAL(unlink)); }
EXPORT int rmdir(const char* name) { return Removed(name, 1, REAL(rmdir)); }

// std::filesystem::remove_all goes down by descriptors.
EXPORT int unlinkat(int at, const char* name, int flags) {
  __typeof__(&unlinkat) real = REAL(unlinkat);
  char folder[PATH_MAX], path[PATH_MAX], full[PATH_MAX];
  if (at == AT_FDCWD) return (flags & AT_REMOVEDIR) != 0 ? rmdir(name) : unlink(name);
  if (!OursByDescriptor(at, folder)) return real(at, name, flags);
  if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, name) >= sizeof path || !Ours(path, full)) {
    return real(at, name, flags);
  }
  return (flags & AT_REMOVEDIR) != 0 ? rmdir(full) : unlink(full);
}
EXPORT int remove(const char* name) {
  struct stat info;
  if (lstat(name, &info) == 0 && S_ISDIR(info.st_mode)) return rmdir(name);
  return unlink(name);
}
