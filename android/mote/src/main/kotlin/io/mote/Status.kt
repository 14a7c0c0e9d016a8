package io.mote

/** Statuses, the same in every language; `mote.h` says what each means. A test compares the tables. */
internal object Status {
    const val OK: Int = 0
    const val ERROR_NULL: Int = -1
    const val ERROR_ALIGNMENT: Int = -2
    const val ERROR_LENGTH: Int = -3
    const val ERROR_NOT_READY: Int = -4
    const val ERROR_NO_SUCH_PORT: Int = -5
    const val ERROR_TYPE: Int = -6
    const val ERROR_BUSY: Int = -7
    const val ERROR_SHARED_MEMORY: Int = -8
    const val ERROR_CLOSED: Int = -9
    const val ERROR_RUNNING: Int = -10
    const val ERROR_ARENA_TOO_SMALL: Int = -20
    const val ERROR_STATE_TOO_SMALL: Int = -21
    const val ERROR_OUT_OF_MEMORY: Int = -22
    const val ERROR_FILE_TRUNCATED: Int = -40
    const val ERROR_FILE_NOT_A_MODEL: Int = -41
    const val ERROR_FILE_VERSION: Int = -42
    const val ERROR_FILE_SECTION: Int = -43
    const val ERROR_FILE_VARIANT: Int = -44
    const val ERROR_FILE_RECORD: Int = -45
    const val ERROR_FILE_MALFORMED: Int = -46
    const val ERROR_MODEL_MISSING_OPERATOR: Int = -60
    const val ERROR_MODEL_OPERATOR: Int = -61
    const val ERROR_MODEL_MEMORY: Int = -62
    const val ERROR_MODEL_QUANTIZATION: Int = -63
    const val ERROR_MODEL_INCONSISTENT: Int = -64
    const val ERROR_RUN_FAULT: Int = -80
    const val ERROR_RUN_GOLDEN: Int = -81
    const val ERROR_RUN_CANCELLED: Int = -82
    const val ERROR_OTHER: Int = -100
    const val ERROR_INTERNAL: Int = -101
}
