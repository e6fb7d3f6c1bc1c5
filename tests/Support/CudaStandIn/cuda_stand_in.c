/*
 * A stand-in of the CUDA driver library over host memory, for tests alone: what is built from it is never shipped.
 *
 * Streams are queues of operations that run later: one by one when the test says so (manual), or on a thread of its own. Like the real
 * driver it refuses calls without a context, copies outside of allocations, and copies that leave one registration of host memory; unlike it, it
 * refuses asynchronous copies of host memory that is not pinned at all, since those would not be asynchronous.
 * Kernels are run by the test that has plugged itself in. A process without one sets CUDA_STAND_IN_TAKES_NO_KERNELS: its modules are refused, as of a device
 * that is too old.
 * A sticky error makes all later calls of its context fail, until the primary context is given back for the last time.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    OK = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101,
    INVALID_CONTEXT = 201, INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600,
    PEER_ACCESS_ALREADY_ENABLED = 704, PEER_ACCESS_UNSUPPORTED = 217, HOST_MEMORY_ALREADY_REGISTERED = 712, HOST_MEMORY_NOT_REGISTERED = 713
};

#define MAX_DEVICES 8
#define MAX_NAMES 128
#define EXPORT __attribute__((visibility("default")))

typedef enum { MEMORY, PINNED, REGISTRATION, STREAM, EVENT, MODULE, IMPORT, KINDS } Kind;
static const char *const KIND_NAMES[KINDS] = {"memory", "pinned", "registrations", "streams", "events", "modules", "imports"};

typedef struct Resource {
    struct Resource *next;
    Kind kind;
    int device;
    char *address;
    size_t bytes;
    uint64_t recorded, reached; /* events: the last record asked for, and the last that ran */
    int queued;                 /* streams: operations that wait */
    int file;                   /* memory: what another process can map */
    int is_mapped;              /* imports: of another process */
} Resource;

typedef struct Operation {
    struct Operation *next;
    Resource *stream;
    enum { COPY, FILL, RECORD, WAIT, LAUNCH } what;
    void *to;
    const void *from;
    size_t bytes;
    Resource *event;
    uint64_t stamp;
} Operation;

typedef struct { char name[48]; long calls; } Calls;

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int device_count = 1, manual, initialized, runner_started;
static unsigned delay_us;
static uint64_t device_bytes = 1ull << 30, used_bytes[MAX_DEVICES];
static int retained[MAX_DEVICES], sticky[MAX_DEVICES], version = 12040;
static int peers[MAX_DEVICES][MAX_DEVICES];
static long leaked;
static Resource *resources;
static Operation *first_operation, **last_operation = &first_operation;
static Calls calls[MAX_NAMES];
static char fail_name[48];
static long fail_in;
static int fail_code, fail_sticky;
static uint64_t (*on_launch)(const char *, unsigned, unsigned, void **);
static void (*on_run)(uint64_t);
static __thread int context_stack[16];
static __thread int context_depth;

static void count_call(const char *name) {
    for (int i = 0; i < MAX_NAMES; i++) {
        if (calls[i].name[0] == 0)
            snprintf(calls[i].name, sizeof calls[i].name, "%s", name);
        if (strcmp(calls[i].name, name) == 0) {
            calls[i].calls++;
            return;
        }
    }
}

static int current(void) { return context_depth ? context_stack[context_depth - 1] : -1; }

/* What a call is to answer before it does anything: an error that was asked for, a sticky one, or that it lacks a context. */
static int enter(const char *name, int needs_context) {
    count_call(name);
    int device = current();
    if (fail_in > 0 && (fail_name[0] == '*' || strcmp(fail_name, name) == 0) && --fail_in == 0) {
        if (fail_sticky && device >= 0)
            sticky[device] = fail_code;
        return fail_code;
    }
    if (!initialized)
        return NOT_INITIALIZED;
    if (!needs_context)
        return OK;
    if (device < 0 || !retained[device])
        return INVALID_CONTEXT;
    return sticky[device];
}

#define ENTER(needs_context)                              \
    pthread_mutex_lock(&turn);                            \
    int result = enter(__func__, needs_context);          \
    if (result != OK) {                                   \
        pthread_mutex_unlock(&turn);                      \
        return result;                                    \
    }

#define LEAVE(code)                                       \
    do {                                                  \
        int left = (code);                                \
        pthread_mutex_unlock(&turn);                      \
        return left;                                      \
    } while (0)

static Resource *add(Kind kind, void *address, size_t bytes) {
    Resource *r = calloc(1, sizeof *r);
    r->kind = kind;
    r->device = current();
    r->address = address;
    r->bytes = bytes;
    r->next = resources;
    resources = r;
    return r;
}

static Resource *find(Kind kind, const void *address) {
    for (Resource *r = resources; r; r = r->next)
        if (r->kind == kind && (r->address == address || (const void *)r == address))
            return r;
    return NULL;
}

static int within(const Resource *r, const char *address, size_t bytes) {
    return address >= r->address && bytes <= r->bytes && address - r->address <= (ptrdiff_t)(r->bytes - bytes);
}

static Resource *around(Kind kind, const void *address, size_t bytes) {
    for (Resource *r = resources; r; r = r->next)
        if (r->kind == kind && within(r, address, bytes))
            return r;
    return NULL;
}

/* Nothing waits any more for an event that goes, nor in a stream that goes. */
static void forget(const Resource *gone) {
    for (Operation **at = &first_operation; *at;) {
        Operation *op = *at;
        if (op->event == gone)
            op->event = NULL;
        if (op->stream != gone) {
            at = &op->next;
            continue;
        }
        *at = op->next;
        free(op);
    }
    last_operation = &first_operation;
    while (*last_operation)
        last_operation = &(*last_operation)->next;
}

static void drop(Resource *gone) {
    forget(gone);
    for (Resource **at = &resources; *at; at = &(*at)->next) {
        if (*at != gone)
            continue;
        *at = gone->next;
        if (gone->kind == MEMORY)
            used_bytes[gone->device] -= gone->bytes;
        if (gone->kind == PINNED)
            free(gone->address);
        if (gone->kind == MEMORY || gone->is_mapped)
            munmap(gone->address, gone->bytes);
        if (gone->kind == MEMORY)
            close(gone->file);
        free(gone);
        return;
    }
}

/* The first operation that may run: the oldest of its stream, and not waiting for an event. */
static Operation **runnable(void) {
    for (Operation **at = &first_operation; *at; at = &(*at)->next) {
        int is_oldest = 1;
        for (Operation *before = first_operation; before != *at; before = before->next)
            is_oldest &= before->stream != (*at)->stream;
        if (is_oldest && ((*at)->what != WAIT || !(*at)->event || (*at)->event->reached >= (*at)->stamp))
            return at;
    }
    return NULL;
}

static int run_one(void) {
    Operation **at = runnable();
    if (!at)
        return 0;
    Operation *op = *at;
    *at = op->next;
    if (!*at)
        last_operation = at;
    op->stream->queued--;
    int dead = sticky[op->stream->device];
    if (op->what == COPY && !dead)
        memcpy(op->to, op->from, op->bytes);
    if (op->what == FILL && !dead)
        memset(op->to, (int)op->stamp, op->bytes);
    if (op->what == RECORD && op->event && !dead)
        op->event->reached = op->stamp > op->event->reached ? op->stamp : op->event->reached;
    if (op->what == LAUNCH && !dead && on_run) {
        pthread_mutex_unlock(&turn);
        on_run(op->stamp);
        pthread_mutex_lock(&turn);
    }
    free(op);
    return 1;
}

static void run_all(void) {
    while (run_one()) {
    }
}

static void *runner(void *unused) {
    (void)unused;
    pthread_mutex_lock(&turn);
    for (;;) {
        if (manual || !runnable()) {
            pthread_cond_wait(&changed, &turn);
            continue;
        }
        unsigned delay = delay_us;
        if (delay) {
            pthread_mutex_unlock(&turn);
            usleep(delay);
            pthread_mutex_lock(&turn);
        }
        if (!manual)
            run_one();
    }
    return NULL;
}

static void start_runner(void) {
    pthread_t thread;
    if (!runner_started && pthread_create(&thread, NULL, runner, NULL) == 0) {
        runner_started = 1;
        pthread_detach(thread);
    }
    pthread_cond_broadcast(&changed);
}

static int enqueue(Resource *stream, Operation what) {
    if (!stream)
        return INVALID_HANDLE;
    Operation *op = malloc(sizeof *op);
    *op = what;
    op->stream = stream;
    op->next = NULL;
    *last_operation = op;
    last_operation = &op->next;
    stream->queued++;
    if (!manual)
        start_runner();
    return OK;
}

#include "control.h"

EXPORT int cuInit(unsigned flags) {
    pthread_mutex_lock(&turn);
    count_call("cuInit");
    int result = flags ? INVALID_VALUE : OK;
    if (fail_in > 0 && (fail_name[0] == '*' || strcmp(fail_name, "cuInit") == 0) && --fail_in == 0)
        result = fail_code;
    else if (device_count == 0)
        result = NO_DEVICE;
    initialized |= result == OK;
    LEAVE(result);
}

EXPORT int cuDriverGetVersion(int *out) {
    pthread_mutex_lock(&turn);
    *out = version;
    LEAVE(OK);
}

EXPORT int cuGetErrorName(int code, const char **name) {
    *name = code == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : code == INVALID_VALUE ? "CUDA_ERROR_INVALID_VALUE"
        : code == 700 ? "CUDA_ERROR_ILLEGAL_ADDRESS" : code == NO_DEVICE ? "CUDA_ERROR_NO_DEVICE" : NULL;
    return *name ? OK : INVALID_VALUE;
}

EXPORT int cuGetErrorString(int code, const char **text) {
    *text = code == OUT_OF_MEMORY ? "out of memory" : code == INVALID_VALUE ? "invalid argument"
        : code == 700 ? "an illegal memory access was encountered" : code == NO_DEVICE ? "no CUDA-capable device is detected" : NULL;
    return *text ? OK : INVALID_VALUE;
}

EXPORT int cuDeviceGetCount(int *count) { ENTER(0) *count = device_count; LEAVE(OK); }

EXPORT int cuDeviceGet(int *device, int ordinal) {
    ENTER(0)
    *device = ordinal;
    LEAVE(ordinal < 0 || ordinal >= device_count ? INVALID_DEVICE : OK);
}

EXPORT int cuDeviceGetName(char *name, int length, int device) {
    ENTER(0)
    snprintf(name, (size_t)length, "Stand-in %d", device);
    LEAVE(OK);
}

EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int device) { ENTER(0) (void)device; *bytes = device_bytes; LEAVE(OK); }

EXPORT int cuDeviceGetUuid_v2(unsigned char *uuid, int device) {
    ENTER(0)
    for (int i = 0; i < 16; i++)
        uuid[i] = (unsigned char)(device * 16 + i);
    LEAVE(OK);
}

EXPORT int cuDeviceGetAttribute(int *value, int attribute, int device) {
    ENTER(0)
    (void)device;
    *value = attribute == 75 ? 9 : attribute == 40 ? 2 : attribute == 41 ? 1 : 0;
    LEAVE(OK);
}

EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
    ENTER(0)
    if (device < 0 || device >= device_count)
        LEAVE(INVALID_DEVICE);
    retained[device]++;
    *context = (void *)(intptr_t)(device + 1);
    LEAVE(OK);
}

/* The last release ends all that the context owned; what was still there counts as leaked, unless the context had died. */
EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
    ENTER(0)
    if (device < 0 || device >= device_count || !retained[device])
        LEAVE(INVALID_CONTEXT);
    if (--retained[device] == 0) {
        run_all();
        for (Resource *r = resources, *next; r; r = next) {
            next = r->next;
            if (r->device != device)
                continue;
            leaked += !sticky[device];
            drop(r);
        }
        sticky[device] = 0;
    }
    LEAVE(OK);
}

static int set_context(void *context, int depth) {
    int device = (int)(intptr_t)context - 1;
    if (depth >= 16 || device >= device_count || (device >= 0 && !retained[device]))
        return INVALID_CONTEXT;
    context_stack[depth] = device;
    context_depth = depth + 1;
    return OK;
}

EXPORT int cuCtxPushCurrent_v2(void *context) { ENTER(0) LEAVE(set_context(context, context_depth)); }

EXPORT int cuCtxPopCurrent_v2(void **context) {
    /* Never made to fail: a thread that keeps a context would disturb the tests after it. */
    pthread_mutex_lock(&turn);
    if (!context_depth)
        LEAVE(INVALID_CONTEXT);
    *context = (void *)(intptr_t)(context_stack[--context_depth] + 1);
    LEAVE(OK);
}

EXPORT int cuCtxSetCurrent(void *context) {
    ENTER(0)
    if (!context) {
        context_depth -= context_depth > 0;
        LEAVE(OK);
    }
    LEAVE(set_context(context, context_depth ? context_depth - 1 : 0));
}

EXPORT int cuMemGetInfo_v2(size_t *free_bytes, size_t *total) {
    ENTER(1)
    *total = device_bytes;
    *free_bytes = device_bytes - used_bytes[current()];
    LEAVE(OK);
}

static void *map_file(int file, size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

EXPORT int cuMemAlloc_v2(uint64_t *pointer, size_t bytes) {
    ENTER(1)
    if (bytes == 0)
        LEAVE(INVALID_VALUE);
    if (bytes > device_bytes - used_bytes[current()])
        LEAVE(OUT_OF_MEMORY);
    int file = memfd_create("cuda-stand-in", MFD_CLOEXEC);
    void *memory = file >= 0 && ftruncate(file, (off_t)bytes) == 0 ? map_file(file, bytes) : NULL;
    if (!memory) {
        close(file);
        LEAVE(OUT_OF_MEMORY);
    }
    used_bytes[current()] += bytes;
    add(MEMORY, memory, bytes)->file = file;
    *pointer = (uint64_t)(uintptr_t)memory;
    LEAVE(OK);
}

EXPORT int cuMemFree_v2(uint64_t pointer) {
    ENTER(1)
    Resource *r = find(MEMORY, (void *)(uintptr_t)pointer);
    if (!r)
        LEAVE(INVALID_VALUE);
    run_all();
    drop(r);
    LEAVE(OK);
}

EXPORT int cuMemHostAlloc(void **pointer, size_t bytes, unsigned flags) {
    ENTER(1)
    (void)flags;
    if (posix_memalign(pointer, 4096, bytes))
        LEAVE(OUT_OF_MEMORY);
    add(PINNED, *pointer, bytes);
    LEAVE(OK);
}

EXPORT int cuMemFreeHost(void *pointer) {
    ENTER(1)
    Resource *r = find(PINNED, pointer);
    if (!r)
        LEAVE(INVALID_VALUE);
    run_all();
    drop(r);
    LEAVE(OK);
}

EXPORT int cuMemHostRegister_v2(void *pointer, size_t bytes, unsigned flags) {
    ENTER(1)
    (void)flags;
    for (Resource *r = resources; r; r = r->next)
        if (r->kind == REGISTRATION && (char *)pointer < r->address + r->bytes && r->address < (char *)pointer + bytes)
            LEAVE(HOST_MEMORY_ALREADY_REGISTERED);
    add(REGISTRATION, pointer, bytes);
    LEAVE(OK);
}

EXPORT int cuMemHostUnregister(void *pointer) {
    ENTER(1)
    Resource *r = find(REGISTRATION, pointer);
    if (!r)
        LEAVE(HOST_MEMORY_NOT_REGISTERED);
    run_all();
    drop(r);
    LEAVE(OK);
}

static int is_pinned(const void *host, size_t bytes) { return around(PINNED, host, bytes) || around(REGISTRATION, host, bytes); }

static int copy(void *to, const void *from, size_t bytes, void *stream, const void *device, const void *other, const void *host) {
    if (!around(MEMORY, device, bytes) || (other && !around(MEMORY, other, bytes)) || (host && !is_pinned(host, bytes)))
        return INVALID_VALUE;
    return enqueue(find(STREAM, stream), (Operation){.what = COPY, .to = to, .from = from, .bytes = bytes});
}

EXPORT int cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, size_t bytes, void *stream) {
    ENTER(1)
    void *device = (void *)(uintptr_t)to;
    LEAVE(copy(device, from, bytes, stream, device, NULL, from));
}

EXPORT int cuMemcpyDtoHAsync_v2(void *to, uint64_t from, size_t bytes, void *stream) {
    ENTER(1)
    void *device = (void *)(uintptr_t)from;
    LEAVE(copy(to, device, bytes, stream, device, NULL, to));
}

EXPORT int cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, size_t bytes, void *stream) {
    ENTER(1)
    void *source = (void *)(uintptr_t)from, *target = (void *)(uintptr_t)to;
    LEAVE(copy(target, source, bytes, stream, source, target, NULL));
}

EXPORT int cuMemsetD8Async(uint64_t to, unsigned char value, size_t bytes, void *stream) {
    ENTER(1)
    void *device = (void *)(uintptr_t)to;
    if (!around(MEMORY, device, bytes))
        LEAVE(INVALID_VALUE);
    LEAVE(enqueue(find(STREAM, stream), (Operation){.what = FILL, .to = device, .bytes = bytes, .stamp = value}));
}

/* Waits for nothing of the caller's but does all there is, as a copy over the default stream may. */
EXPORT int cuMemcpyDtoH_v2(void *to, uint64_t from, size_t bytes) {
    ENTER(1)
    void *device = (void *)(uintptr_t)from;
    if (!around(MEMORY, device, bytes) && !around(IMPORT, device, bytes))
        LEAVE(INVALID_VALUE);
    run_all();
    memcpy(to, device, bytes);
    LEAVE(OK);
}

EXPORT int cuStreamCreate(void **stream, unsigned flags) {
    ENTER(1)
    (void)flags;
    Resource *r = add(STREAM, NULL, 0);
    *stream = r->address = (char *)r;
    LEAVE(OK);
}

EXPORT int cuStreamDestroy_v2(void *stream) {
    ENTER(1)
    Resource *r = find(STREAM, stream);
    if (!r)
        LEAVE(INVALID_HANDLE);
    run_all();
    if (r->queued)
        LEAVE(NOT_READY);
    drop(r);
    LEAVE(OK);
}

EXPORT int cuStreamWaitEvent(void *stream, void *event, unsigned flags) {
    ENTER(1)
    (void)flags;
    Resource *e = find(EVENT, event);
    LEAVE(!e ? INVALID_HANDLE : enqueue(find(STREAM, stream), (Operation){.what = WAIT, .event = e, .stamp = e->recorded}));
}

EXPORT int cuEventCreate(void **event, unsigned flags) {
    ENTER(1)
    (void)flags;
    Resource *r = add(EVENT, NULL, 0);
    *event = r->address = (char *)r;
    LEAVE(OK);
}

EXPORT int cuEventRecord(void *event, void *stream) {
    ENTER(1)
    Resource *e = find(EVENT, event), *s = find(STREAM, stream);
    if (!e || !s)
        LEAVE(INVALID_HANDLE);
    LEAVE(enqueue(s, (Operation){.what = RECORD, .event = e, .stamp = ++e->recorded}));
}

EXPORT int cuEventQuery(void *event) {
    ENTER(1)
    Resource *e = find(EVENT, event);
    LEAVE(!e ? INVALID_HANDLE : e->reached >= e->recorded ? OK : NOT_READY);
}

EXPORT int cuEventDestroy_v2(void *event) {
    ENTER(1)
    Resource *e = find(EVENT, event);
    if (!e)
        LEAVE(INVALID_HANDLE);
    drop(e);
    LEAVE(OK);
}

/* Names the file behind the memory by the process that has it. In that process, other than with the real driver, it can be opened too. */
typedef struct { uint64_t magic, pointer, bytes, process, file, rest[3]; } IpcHandle;

EXPORT int cuIpcGetMemHandle(IpcHandle *handle, uint64_t pointer) {
    ENTER(1)
    Resource *r = find(MEMORY, (void *)(uintptr_t)pointer);
    if (!r)
        LEAVE(INVALID_VALUE);
    *handle = (IpcHandle){.magic = 0x43415343u, .pointer = pointer, .bytes = r->bytes, .process = (uint64_t)getpid(), .file = (uint64_t)r->file};
    LEAVE(OK);
}

EXPORT int cuIpcOpenMemHandle_v2(uint64_t *pointer, IpcHandle handle, unsigned flags) {
    ENTER(1)
    if (handle.magic != 0x43415343u || flags != 1)
        LEAVE(INVALID_VALUE);
    void *memory = (void *)(uintptr_t)handle.pointer;
    int is_mapped = handle.process != (uint64_t)getpid();
    if (is_mapped) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%llu/fd/%llu", (unsigned long long)handle.process, (unsigned long long)handle.file);
        int file = open(path, O_RDWR | O_CLOEXEC);
        memory = file < 0 ? NULL : map_file(file, handle.bytes);
        close(file);
        if (!memory)
            LEAVE(INVALID_VALUE);
    }
    add(IMPORT, memory, handle.bytes)->is_mapped = is_mapped;
    *pointer = (uint64_t)(uintptr_t)memory;
    LEAVE(OK);
}

EXPORT int cuIpcCloseMemHandle(uint64_t pointer) {
    ENTER(1)
    Resource *r = find(IMPORT, (void *)(uintptr_t)pointer);
    if (!r)
        LEAVE(INVALID_VALUE);
    drop(r);
    LEAVE(OK);
}

EXPORT int cuDeviceCanAccessPeer(int *can, int device, int peer) { ENTER(0) *can = device != peer; LEAVE(OK); }

EXPORT int cuCtxEnablePeerAccess(void *context, unsigned flags) {
    ENTER(1)
    int peer = (int)(intptr_t)context - 1;
    if (flags || peer < 0 || peer >= device_count || peer == current())
        LEAVE(flags ? INVALID_VALUE : INVALID_DEVICE);
    if (peers[current()][peer])
        LEAVE(PEER_ACCESS_ALREADY_ENABLED);
    peers[current()][peer] = 1;
    LEAVE(OK);
}

EXPORT int cuModuleLoadDataEx(void **module, const char *image, unsigned count, int *options, void **values) {
    ENTER(1)
    (void)options;
    (void)values;
    if (count || !strstr(image, ".version") || getenv("CUDA_STAND_IN_TAKES_NO_KERNELS"))
        LEAVE(INVALID_PTX);
    Resource *r = add(MODULE, NULL, 0);
    r->address = strdup(image);
    *module = r;
    LEAVE(OK);
}

EXPORT int cuModuleUnload(void *module) {
    ENTER(1)
    Resource *r = find(MODULE, module);
    if (!r)
        LEAVE(INVALID_HANDLE);
    free(r->address);
    drop(r);
    LEAVE(OK);
}

/* A function is the place in the module's text where its name stands. */
EXPORT int cuModuleGetFunction(void **function, void *module, const char *name) {
    ENTER(1)
    Resource *r = find(MODULE, module);
    char entry[96];
    snprintf(entry, sizeof entry, ".entry %s(", name);
    char *place = r ? strstr(r->address, entry) : NULL;
    *function = place ? place + 7 : NULL;
    LEAVE(place ? OK : NOT_FOUND);
}

EXPORT int cuLaunchKernel(
    void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream, void **parameters,
    void **extra) {
    ENTER(1)
    char name[96];
    if (gx == 0 || gy != 1 || gz != 1 || by != 1 || bz != 1 || bx == 0 || bx > 1024 || shared || extra)
        LEAVE(INVALID_VALUE);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(function, "("), (char *)function);
    uint64_t launch = on_launch ? on_launch(name, gx, bx, parameters) : 0;
    LEAVE(enqueue(find(STREAM, stream), (Operation){.what = LAUNCH, .stamp = launch}));
}
