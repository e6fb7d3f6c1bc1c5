/* What tests tell the stand-in and ask of it. Part of cuda_stand_in.c. */

/* Forgets everything, as if the library had just been loaded. No call may be under way. */
EXPORT void standin_reset(int devices, uint64_t bytes_a_device, int is_manual, unsigned delay) {
    pthread_mutex_lock(&turn);
    manual = 1;
    run_all();
    while (first_operation) {
        Operation *op = first_operation;
        first_operation = op->next;
        free(op);
    }
    last_operation = &first_operation;
    while (resources)
        drop(resources);
    device_count = devices;
    device_bytes = bytes_a_device;
    manual = is_manual;
    delay_us = delay;
    initialized = 0;
    version = 12040;
    leaked = 0;
    fail_in = 0;
    on_launch = NULL;
    on_run = NULL;
    memset(used_bytes, 0, sizeof used_bytes);
    memset(retained, 0, sizeof retained);
    memset(sticky, 0, sizeof sticky);
    memset(peers, 0, sizeof peers);
    memset(calls, 0, sizeof calls);
    context_depth = 0;
    pthread_mutex_unlock(&turn);
}

EXPORT void standin_version(int value) { version = value; }

/* Has the call of that name that comes as the nth from now on fail with a code; "*" stands for every call. Only the last word holds. */
EXPORT void standin_fail(const char *name, long nth, int code, int is_sticky) {
    pthread_mutex_lock(&turn);
    snprintf(fail_name, sizeof fail_name, "%s", name);
    fail_in = nth;
    fail_code = code;
    fail_sticky = is_sticky;
    pthread_mutex_unlock(&turn);
}

/* Turns a device's context bad, as a kernel that goes wrong does. */
EXPORT void standin_break(int device, int code) {
    pthread_mutex_lock(&turn);
    sticky[device] = code;
    pthread_mutex_unlock(&turn);
}

/* Runs at most so many queued operations on the calling thread; gives how many. */
EXPORT int standin_step(int most) {
    int ran = 0;
    pthread_mutex_lock(&turn);
    while (ran < most && run_one())
        ran++;
    pthread_mutex_unlock(&turn);
    return ran;
}

/* Ends manual operation: what waits is run on a thread of its own. */
EXPORT void standin_run(void) {
    pthread_mutex_lock(&turn);
    manual = 0;
    start_runner();
    pthread_mutex_unlock(&turn);
}

/* Calls made of a name, or of all with "*". */
EXPORT long standin_calls(const char *name) {
    long count = 0;
    pthread_mutex_lock(&turn);
    for (int i = 0; i < MAX_NAMES && calls[i].name[0]; i++)
        count += name[0] == '*' || strcmp(calls[i].name, name) == 0 ? calls[i].calls : 0;
    pthread_mutex_unlock(&turn);
    return count;
}

/* What there is now: of a kind of resource, of all ("resources"), retained contexts ("contexts"), or left over when a context ended ("leaked"). */
EXPORT long standin_count(const char *what) {
    long count = strcmp(what, "leaked") == 0 ? leaked : 0;
    pthread_mutex_lock(&turn);
    for (Resource *r = resources; r; r = r->next)
        count += strcmp(what, "resources") == 0 || strcmp(what, KIND_NAMES[r->kind]) == 0;
    for (int device = 0; device < MAX_DEVICES && strcmp(what, "contexts") == 0; device++)
        count += retained[device];
    for (Operation *op = first_operation; op && strcmp(what, "operations") == 0; op = op->next)
        count++;
    pthread_mutex_unlock(&turn);
    return count;
}

/* Whom to tell of launches (it notes the parameters and gives a number) and whom to have run them. */
EXPORT void standin_kernels(uint64_t (*launch)(const char *, unsigned, unsigned, void **), void (*run)(uint64_t)) {
    pthread_mutex_lock(&turn);
    on_launch = launch;
    on_run = run;
    pthread_mutex_unlock(&turn);
}

/* Whether bytes lie within one allocation of device memory. */
EXPORT int standin_has(const void *address, size_t bytes) {
    pthread_mutex_lock(&turn);
    int has = around(MEMORY, address, bytes) != NULL;
    pthread_mutex_unlock(&turn);
    return has;
}
