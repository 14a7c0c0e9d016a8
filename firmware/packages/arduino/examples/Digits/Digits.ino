// Runs a model's golden vectors and tells the outcome on the serial monitor.
#include <mote.h>
#include "digits.h"

static mote_model_t model;
static mote_session_t session;
static MOTE_ALIGNED(MOTE_ARENA_ALIGNMENT) uint8_t arena[DIGITS_ARENA_BYTES];

static void tell(void *, const mote_log_event_t *event) {
  Serial.print("mote: ");
  Serial.println(event->message);
}

void setup() {
  static const mote_log_t log = {tell, nullptr};
  Serial.begin(115200);
  mote_status_t status = digits_parse_logged(&model, &log);
  if (status == MOTE_OK) {
    status = mote_session_init(&session, &model, arena, sizeof arena, nullptr, 0);
  }
  if (status == MOTE_OK) {
    status = digits_golden_test(&session, nullptr);
  }
  Serial.print("golden vectors: ");
  Serial.println(mote_status_text(status));
}

void loop() {}
