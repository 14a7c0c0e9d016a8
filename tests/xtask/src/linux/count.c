/* Plugin for QEMU's user mode: counts every guest instruction that is executed and prints the count at each mark.
 *
 * A mark is the system call `syscall=` (getpriority) with the first argument MARK; the second is the mark's number. The
 * call ends a translation block, so that the instructions up to and including it are all counted when it is seen.
 *
 * Written against version 1 of the plugin interface (QEMU 7.2). The declarations below are the ones used; no header is
 * packaged. Source: QEMU, include/qemu/qemu-plugin.h and docs/devel/tcg-plugins. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define MARK 0x4D6F7465

struct qemu_plugin_tb;
typedef uint64_t plugin_id;
enum { INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*callback)(plugin_id id, struct qemu_plugin_tb *block));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int operation, void *to, uint64_t value);
void qemu_plugin_register_vcpu_syscall_cb(plugin_id id,
    void (*callback)(plugin_id id, unsigned cpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                     uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8));

EXPORT int qemu_plugin_version = 1;

static uint64_t executed;
static int64_t mark_call = -1;

static void translated(plugin_id id, struct qemu_plugin_tb *block)
{
    (void)id;
    qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, &executed, qemu_plugin_tb_n_insns(block));
}

static void called(plugin_id id, unsigned cpu, int64_t number, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4,
                   uint64_t a5, uint64_t a6, uint64_t a7, uint64_t a8)
{
    (void)id; (void)cpu; (void)a3; (void)a4; (void)a5; (void)a6; (void)a7; (void)a8;
    if (number == mark_call && a1 == MARK)
        fprintf(stderr, "mark %" PRIu64 " %" PRIu64 "\n", a2, executed);
}

EXPORT int qemu_plugin_install(plugin_id id, const void *info, int count, char **arguments)
{
    (void)info;
    for (int i = 0; i < count; i++)
        if (strncmp(arguments[i], "syscall=", 8) == 0)
            mark_call = atoll(arguments[i] + 8);
    if (mark_call < 0)
        return -1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
