/*
 * The demonstration on an emulated Cortex-M: vectors, memory, serial line (Arm's CMSDK UART at UART_ADDRESS, which the
 * build defines) and the way out. Laid out by firmware/boards/image.x. On a board of your own, its start code stands
 * here instead.
 */
#include "demo.h"
#include <stdint.h>

extern uint32_t data_start[], data_end[], data_source[], bss_start[], bss_end[], stack_top[];

void reset(void);

static void fault(void);

typedef void (*vector)(void);

__attribute__((section(".vectors"), used)) static const vector vectors[16] = {
    (vector)(uintptr_t)stack_top, reset, fault, fault, fault, fault, fault, fault,
    fault, fault, fault, fault, fault, fault, fault, fault,
};

static volatile uint32_t *uart(uint32_t offset)
{
    return (volatile uint32_t *)(uintptr_t)(UART_ADDRESS + offset);
}

static void print(const char *text)
{
    for (; *text; text++) {
        while (*uart(4) & 1u) /* transmitter full */
            ;
        *uart(0) = (uint8_t)*text;
    }
}

/* Semihosting's SYS_EXIT_EXTENDED: "application exit" and a code. */
static void leave(uint32_t code)
{
    uint32_t block[2] = {0x20026u, code};
    register uint32_t call __asm__("r0") = 0x20u;
    register uint32_t *argument __asm__("r1") = block;
    __asm__ volatile("bkpt 0xAB" : : "r"(call), "r"(argument) : "memory");
    for (;;)
        ;
}

static void fault(void)
{
    print("fault\n");
    leave(3);
}

void reset(void)
{
    uint32_t *to, *from = data_source;
#ifdef __ARM_FP
    *(volatile uint32_t *)(uintptr_t)0xE000ED88u |= 0x00F00000u; /* CPACR: floating point */
    __asm__ volatile("dsb\n\tisb" : : : "memory");
#endif
    for (to = data_start; to < data_end;)
        *to++ = *from++;
    for (to = bss_start; to < bss_end;)
        *to++ = 0;
    *uart(16) = 16u; /* divider */
    *uart(8) = 1u;   /* transmit */
    leave((uint32_t)(demo(print) || misuse(print)));
}
