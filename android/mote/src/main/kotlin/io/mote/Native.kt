package io.mote

import java.nio.ByteBuffer

/** The native methods. Each checks its handle and its buffers itself and throws [MoteException]. */
internal object Native {
    init {
        NativeLibrary.load()
    }

    /** A handle on the model in the buffer's part, which is copied. */
    @JvmStatic external fun openModel(file: ByteBuffer, position: Int, bytes: Int): Long

    @JvmStatic external fun closeModel(handle: Long): Boolean

    @JvmStatic external fun describeModel(handle: Long): ByteArray

    @JvmStatic external fun openSession(model: Long): Long

    @JvmStatic external fun closeSession(handle: Long): Boolean

    @JvmStatic external fun cancel(handle: Long)

    @JvmStatic external fun resetState(handle: Long)

    @JvmStatic
    external fun runOne(
        handle: Long,
        input: ByteBuffer,
        inputPosition: Int,
        inputBytes: Int,
        output: ByteBuffer,
        outputPosition: Int,
        outputBytes: Int,
    )

    /** Spans hold position and length of each buffer in turn. */
    @JvmStatic
    external fun runMany(
        handle: Long,
        inputs: Array<ByteBuffer>,
        inputSpans: IntArray,
        outputs: Array<ByteBuffer>,
        outputSpans: IntArray,
    )

    @JvmStatic external fun profile(handle: Long, inputs: Array<ByteBuffer>, inputSpans: IntArray): ByteArray
}
