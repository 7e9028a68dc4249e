/**
 * Threads in C: a team that runs a program together, step by step, and meets between kernels. Waiting threads spin before
 * they yield their core: a kernel of a small model takes a microsecond, and waking a thread takes several.
 */

export const TEAM_HEADERS = "#include <pthread.h>\n#include <sched.h>\n#include <stdlib.h>\n#include <sys/mman.h>";

export const TEAM = `
#define LINE __attribute__((aligned(64)))
struct Team {
  /* Changes when there is a run, and when all threads have met; on cache lines of their own, since threads spin on them. Modulo
     128 the step is the number of threads that take part: in the same word, so that one that does not may be steps behind. */
  LINE int step;
  LINE int met;
  LINE int arrived;
  LINE I threads, rows;
  Program *program;
  char *arena;
  F *scratch;
  I scratch_each;
  int ended, sleeping;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  pthread_t members[64];
};

#if defined(__x86_64__) || defined(__i386__)
#define PAUSE __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE __asm__ volatile("yield")
#else
#define PAUSE
#endif
#define SPINS 20000

/* Waits for all threads. Everything written before is visible to all after it. */
static WRITES void team_wait(const Job *job) {
  Team *team = job->team;
  const int before = __atomic_load_n(&team->met, __ATOMIC_ACQUIRE);
  if (__atomic_add_fetch(&team->arrived, 1, __ATOMIC_ACQ_REL) == job->threads) {
    __atomic_store_n(&team->arrived, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&team->met, before + 1, __ATOMIC_RELEASE);
    return;
  }
  for (int spins = 0; __atomic_load_n(&team->met, __ATOMIC_ACQUIRE) == before; spins++) {
    if (spins < SPINS) PAUSE;
    else sched_yield();
  }
}

static const Support SUPPORT = {product, dots, attention, attention_grad, team_wait};

/* Subnormal floats count as 0 meanwhile: processors take a hundred times as long for them. JavaScript needs them afterwards. */
static WRITES void team_take(Team *team, I thread, I threads) {
  const Job job = {thread, threads, team->rows, team->arena, (F *)((char *)team->scratch + thread * team->scratch_each), team, &SUPPORT};
#if defined(__SSE2__)
  const unsigned control = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(control | 0x8040);
  team->program(&job);
  __builtin_ia32_ldmxcsr(control);
#elif defined(__aarch64__)
  unsigned long control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  __asm__ volatile("msr fpcr, %0" : : "r"(control | 1ul << 24));
  team->program(&job);
  __asm__ volatile("msr fpcr, %0" : : "r"(control));
#else
  team->program(&job);
#endif
}

/* Asks for large pages, so that fewer addresses have to be looked up. Without any, nothing changes. */
void large_pages(char *memory, I bytes) {
#ifdef MADV_HUGEPAGE
  const I page = 4096, from = ((I)memory + page - 1) / page * page;
  if (bytes > 1 << 22) madvise((char *)from, ((I)memory + bytes - from) / page * page, MADV_HUGEPAGE);
#else
  (void)memory, (void)bytes;
#endif
}

typedef struct { Team *team; I thread; } Member;

static WRITES void *team_member(void *argument) {
  Member *member = argument;
  Team *team = member->team;
  const I thread = member->thread;
  free(member);
  for (int seen = 0;;) {
    for (int spins = 0; __atomic_load_n(&team->step, __ATOMIC_ACQUIRE) == seen; spins++) {
      if (spins < SPINS) { PAUSE; continue; }
      pthread_mutex_lock(&team->mutex);
      __atomic_add_fetch(&team->sleeping, 1, __ATOMIC_SEQ_CST);
      while (__atomic_load_n(&team->step, __ATOMIC_SEQ_CST) == seen) pthread_cond_wait(&team->wake, &team->mutex);
      __atomic_sub_fetch(&team->sleeping, 1, __ATOMIC_SEQ_CST);
      pthread_mutex_unlock(&team->mutex);
    }
    if (__atomic_load_n(&team->ended, __ATOMIC_ACQUIRE)) return 0;
    seen = __atomic_load_n(&team->step, __ATOMIC_ACQUIRE);
    if (thread < seen % 128) team_take(team, thread, seen % 128);
  }
}

static WRITES void team_step(Team *team, I threads) {
  __atomic_store_n(&team->step, (int)(((unsigned)team->step / 128 + 1) % (1 << 24) * 128 + threads), __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&team->sleeping, __ATOMIC_SEQ_CST) == 0) return;
  pthread_mutex_lock(&team->mutex);
  pthread_cond_broadcast(&team->wake);
  pthread_mutex_unlock(&team->mutex);
}

/* Ends the threads, and waits until they have. */
void team_end(Team *team) {
  __atomic_store_n(&team->ended, 1, __ATOMIC_RELEASE);
  team_step(team, 1);
  for (I i = 1; i < team->threads; i++) pthread_join(team->members[i], 0);
  pthread_cond_destroy(&team->wake);
  pthread_mutex_destroy(&team->mutex);
  free(team);
}

/* A team of that many threads, the caller included; 0 if they cannot be started. */
Team *team_start(int threads) {
  void *memory = 0;
  if (posix_memalign(&memory, 64, sizeof(Team))) return 0;
  Team *team = memory;
  __builtin_memset(team, 0, sizeof(Team));
  pthread_mutex_init(&team->mutex, 0);
  pthread_cond_init(&team->wake, 0);
  team->threads = 1;
  for (int i = 1; i < threads; i++) {
    Member *member = malloc(sizeof(Member));
    if (member) *member = (Member){team, i};
    if (!member || pthread_create(&team->members[i], 0, team_member, member)) {
      free(member);
      team_end(team);
      return 0;
    }
    team->threads = i + 1;
  }
  return team;
}

/* Runs a program on its first rows, on the first threads. */
void team_run(Team *team, Program *program, char *arena, F *scratch, I scratch_each, I rows, int threads) {
  team->program = program;
  team->arena = arena;
  team->rows = rows;
  team->scratch = scratch;
  team->scratch_each = scratch_each;
  if (threads > 1) team_step(team, threads);
  team_take(team, 0, threads);
}
`;
