/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "digits.h"
#include <zephyr/kernel.h>

static mote_model_t model;
static mote_session_t session;
static MOTE_ALIGNED(MOTE_ARENA_ALIGNMENT) uint8_t arena[DIGITS_ARENA_BYTES];

static void tell(void *user, const mote_log_event_t *event)
{
	(void)user;
	printk("mote: %s (%d) at operator %d\n", event->message, (int)event->status,
	       (int)event->place.operator_index);
}

int main(void)
{
	static const mote_log_t log = {tell, NULL};
	mote_status_t status = digits_parse_logged(&model, &log);

	if (status == MOTE_OK) {
		status = mote_session_init(&session, &model, arena, sizeof(arena), NULL, 0);
	}
	if (status == MOTE_OK) {
		status = digits_golden_test(&session, NULL);
	}
	printk("golden vectors: %s\n", mote_status_text(status));
	return status == MOTE_OK ? 0 : 1;
}
