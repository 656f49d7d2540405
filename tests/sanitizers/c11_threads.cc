// C11's threads, mutexes and conditions as their pthread equals, for programs under the thread
// sanitizer. librdkafka uses the C11 names, which GCC's sanitizer does not know: a thread it has
// not seen begin crashes in its first allocation, and locks that it does not see look like races.
// These come before libc's own; the types are libc's, which are pthread's too.
#include <pthread.h>
#include <threads.h>

#include <cerrno>
#include <cstdint>
#include <memory>

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));
static_assert(sizeof(thrd_t) == sizeof(pthread_t) && sizeof(once_flag) == sizeof(pthread_once_t));

namespace {

struct Start {
  thrd_start_t function;
  void* argument;
};

void* Run(void* raw) {
  const std::unique_ptr<Start> start(static_cast<Start*>(raw));
  return reinterpret_cast<void*>(static_cast<intptr_t>(start->function(start->argument)));
}

pthread_mutex_t* Mutex(mtx_t* mutex) { return reinterpret_cast<pthread_mutex_t*>(mutex); }
pthread_cond_t* Condition(cnd_t* condition) { return reinterpret_cast<pthread_cond_t*>(condition); }
int Answer(int error) { return error == 0 ? thrd_success : thrd_error; }

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t function, void* argument) {
  auto start = std::make_unique<Start>(Start{function, argument});
  const int error = pthread_create(thread, nullptr, Run, start.get());
  if (error == 0) static_cast<void>(start.release());
  return Answer(error);
}
int thrd_join(thrd_t thread, int* result) {
  void* value = nullptr;
  const int error = pthread_join(thread, &value);
  if (result != nullptr) *result = static_cast<int>(reinterpret_cast<intptr_t>(value));
  return Answer(error);
}

int mtx_init(mtx_t* mutex, int type) __THROW {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  if ((type & mtx_recursive) != 0) {
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  }
  const int error = pthread_mutex_init(Mutex(mutex), &attributes);
  pthread_mutexattr_destroy(&attributes);
  return Answer(error);
}
void mtx_destroy(mtx_t* mutex) __THROW { pthread_mutex_destroy(Mutex(mutex)); }
int mtx_lock(mtx_t* mutex) { return Answer(pthread_mutex_lock(Mutex(mutex))); }
int mtx_unlock(mtx_t* mutex) __THROW { return Answer(pthread_mutex_unlock(Mutex(mutex))); }

int cnd_init(cnd_t* condition) __THROW {
  return Answer(pthread_cond_init(Condition(condition), nullptr));
}
void cnd_destroy(cnd_t* condition) __THROW { pthread_cond_destroy(Condition(condition)); }
int cnd_signal(cnd_t* condition) __THROW {
  return Answer(pthread_cond_signal(Condition(condition)));
}
int cnd_broadcast(cnd_t* condition) __THROW {
  return Answer(pthread_cond_broadcast(Condition(condition)));
}
int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return Answer(pthread_cond_wait(Condition(condition), Mutex(mutex)));
}
int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  const int error = pthread_cond_timedwait(Condition(condition), Mutex(mutex), until);
  return error == ETIMEDOUT ? thrd_timedout : Answer(error);
}

void call_once(once_flag* flag, void (*function)()) {
  pthread_once(reinterpret_cast<pthread_once_t*>(flag), function);
}

}  // extern "C"
#pragma GCC visibility pop
