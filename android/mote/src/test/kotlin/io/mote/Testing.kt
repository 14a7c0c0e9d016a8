package io.mote

/** Native methods that only the library built for tests has. */
internal object Testing {
    init {
        NativeLibrary.load()
    }

    @JvmStatic external fun panic()

    /** Heap allocations of the native side since the process began. */
    @JvmStatic external fun allocations(): Long

    /** Sessions that are open. */
    @JvmStatic external fun openSessions(): Int

    /** Nanoseconds of one run, called from Rust over and over: the least of all. */
    @JvmStatic external fun leastNanoseconds(session: Long, runs: Int): Long
}
