package io.mote

import java.nio.ByteBuffer
import java.nio.ByteOrder

/**
 * A model with memory to run in. One run at a time: a second thread gets an [IllegalStateException] at once.
 *
 * Buffers hold a tensor between position and limit, which do not change. Direct buffers in native order are used where
 * they are, without a copy or an allocation; others are refused by [run] and taken by the functions for arrays.
 */
public class Session internal constructor(
    /** The model; it stays usable by this session even when closed. */
    public val model: Model,
    handle: Long,
) : AutoCloseable {
    private val owner = Owned(this, handle, Native::closeSession)

    @Volatile private var finishedCalls = 0

    /**
     * Does [call]. The write behind it needs this session, so a session that nobody else holds is not collected, and
     * closed, while it runs. (`Reference.reachabilityFence` is not on older Androids.)
     */
    private inline fun <T> held(call: (Long) -> T): T {
        try {
            return call(owner.handle)
        } finally {
            finishedCalls += 1
        }
    }

    /**
     * One inference of a model with one input and one output.
     *
     * @throws IllegalArgumentException for a buffer that is not direct, not of the tensor's size, or for an output that
     *   is read-only.
     * @throws IllegalStateException when the session is closed or another thread runs it.
     * @throws MoteException.Cancelled after [cancel]; outputs are as they were.
     */
    public fun run(
        input: ByteBuffer,
        output: ByteBuffer,
    ) {
        checkInput(input)
        checkOutput(output)
        held { handle ->
            Native.runOne(
                handle,
                input,
                input.position(),
                input.remaining(),
                output,
                output.position(),
                output.remaining(),
            )
        }
    }

    /** One inference with all inputs and outputs in the model's order; otherwise as the function for one of each. */
    public fun run(
        inputs: List<ByteBuffer>,
        outputs: List<ByteBuffer>,
    ) {
        inputs.forEach(::checkInput)
        outputs.forEach(::checkOutput)
        held { handle ->
            Native.runMany(handle, inputs.toTypedArray(), spans(inputs), outputs.toTypedArray(), spans(outputs))
        }
    }

    /**
     * One inference on stored values (quantised bytes, or little-endian elements), as arrays. Copies; for the fastest
     * path keep direct buffers and use [run].
     */
    public fun runBytes(vararg inputs: ByteArray): List<ByteArray> {
        val outputs = model.outputs.map { directBuffer(it.bytes) }
        run(inputs.map { directBuffer(it.size).apply { put(it).flip() } }, outputs)
        return outputs.map { buffer -> ByteArray(buffer.remaining()).also { buffer.get(it) } }
    }

    /**
     * One inference on real values: inputs are quantised as the model's inputs are, outputs made real again. One array
     * for each tensor, row-major.
     */
    public fun runFloats(vararg inputs: FloatArray): List<FloatArray> {
        require(inputs.size == model.inputs.size) {
            "${inputs.size} arrays given: the model has the inputs ${model.inputs.joinToString()}"
        }
        val buffers = model.inputs.mapIndexed { index, spec -> spec.quantise(inputs[index]) }
        val outputs = model.outputs.map { directBuffer(it.bytes) }
        run(buffers, outputs)
        return model.outputs.mapIndexed { index, spec -> spec.dequantise(outputs[index]) }
    }

    /** One inference on inputs in direct buffers, and what each operator took on this device. Outputs are dropped. */
    public fun profile(inputs: List<ByteBuffer>): List<LayerTime> {
        inputs.forEach(::checkInput)
        return layers(held { handle -> Native.profile(handle, inputs.toTypedArray(), spans(inputs)) })
    }

    /** Stops the run another thread has under way, soon; does nothing when there is none. */
    public fun cancel() {
        Native.cancel(owner.handle)
    }

    /** Forgets what a streaming model remembers from earlier runs. */
    public fun resetState() {
        held { handle -> Native.resetState(handle) }
    }

    /** Stops a run under way and frees the memory when it has ended. Closing again does nothing. */
    override fun close() {
        owner.close()
    }

    internal fun handleForTest(): Long = owner.handle

    private fun spans(buffers: List<ByteBuffer>): IntArray =
        IntArray(2 * buffers.size) {
            val buffer = buffers[it / 2]
            if (it % 2 == 0) buffer.position() else buffer.remaining()
        }

    private fun checkInput(buffer: ByteBuffer) {
        require(buffer.isDirect) { "the input buffer is not direct: make it with Session.directBuffer" }
    }

    private fun checkOutput(buffer: ByteBuffer) {
        require(buffer.isDirect) { "the output buffer is not direct: make it with Session.directBuffer" }
        require(!buffer.isReadOnly) { "the output buffer is read-only" }
    }

    public companion object {
        /** A direct buffer of `bytes` in native order, which is what [run] wants. */
        @JvmStatic
        public fun directBuffer(bytes: Int): ByteBuffer =
            ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder())
    }
}
