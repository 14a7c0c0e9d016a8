/* The demonstration, without a board: it prints through the function it is given and returns 0 when all is right. */
#ifndef DEMO_H
#define DEMO_H

typedef void (*print_text)(const char *text);

/* Golden self-test, one inference in slices, outputs as numbers. */
int demo(print_text print);

/* What callers do wrong, and the statuses they get. Nothing may break, and the session must still work afterwards. */
int misuse(print_text print);

#endif
