package io.mote

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.abs

/** A model with the outputs of a reference implementation: one line of `cases.tsv`. */
private class Case(line: String, private val folder: File) {
    private val columns = line.split('\t')
    val model: String = columns[0]
    val steps: Int = columns[1].toInt()
    private val goldens = File(columns[2])
    private val prefix = columns[3]

    /** Of float outputs: kernels sum in another order than the reference. */
    val tolerance: Float = columns[4].toFloat()

    fun expected(
        step: Int,
        output: Int,
    ): ByteArray = File(goldens, "$prefix.step$step.out$output.bin").readBytes()

    fun open(): Model = model(folder, model)
}

internal fun goldenTests(folder: File): List<Test> {
    val cases = File(folder, "cases.tsv").readLines().filter { it.isNotBlank() }.map { Case(it, folder) }
    return cases.map { case -> Test("outputs of ${case.model.removeSuffix(".mote")}") { compare(case) } }
}

private fun compare(case: Case) {
    case.open().use { model ->
        model.newSession().use { session ->
            for (step in 0 until case.steps) {
                val inputs = model.inputs.mapIndexed { index, spec -> formula(spec, 16 * step + index) }
                val outputs = model.outputs.map { Session.directBuffer(it.bytes) }
                session.run(inputs, outputs)
                model.outputs.forEachIndexed { index, spec ->
                    same("step $step, output $index", spec, outputs[index], case.expected(step, index), case.tolerance)
                }
            }
        }
    }
}

private fun same(
    where: String,
    spec: TensorSpec,
    got: ByteBuffer,
    expected: ByteArray,
    tolerance: Float,
) {
    check(expected.size == spec.bytes) { "$where: ${expected.size} bytes are stored, the tensor has ${spec.bytes}" }
    if (spec.type == ElementType.FLOAT32) {
        val golden = ByteBuffer.wrap(expected).order(ByteOrder.LITTLE_ENDIAN)
        repeat(spec.elements) {
            val (ours, theirs) = got.getFloat(4 * it) to golden.getFloat(4 * it)
            check(abs(ours - theirs) <= tolerance + tolerance * abs(theirs)) { "$where, element $it: $ours, not $theirs" }
        }
    } else {
        val bytes = ByteArray(spec.bytes).also { got.duplicate().get(it) }
        check(bytes.contentEquals(expected)) { "$where differs" }
    }
}

/** The inputs that the stored outputs were made with: SplitMix64's output function of the element's number and a seed. */
internal fun formula(
    spec: TensorSpec,
    seed: Int,
): ByteBuffer {
    val buffer = Session.directBuffer(spec.bytes)
    for (element in 0 until spec.elements) {
        var bits = (element + 1L) * 0x9E3779B97F4A7C15uL.toLong() + seed * 0xD1B54A32D192ED03uL.toLong()
        bits = (bits xor (bits ushr 30)) * 0xBF58476D1CE4E5B9uL.toLong()
        bits = (bits xor (bits ushr 27)) * 0x94D049BB133111EBuL.toLong()
        bits = bits xor (bits ushr 31)
        when (spec.type) {
            ElementType.FLOAT32 -> buffer.putFloat((bits ushr 40).toFloat() / (1 shl 24) * 2 - 1)
            ElementType.INT8, ElementType.UINT8, ElementType.BOOL -> buffer.put((bits ushr 56).toByte())
            ElementType.INT16 -> buffer.putShort((bits ushr 48).toShort())
            ElementType.INT32 -> buffer.putInt(java.lang.Long.remainderUnsigned(bits, 256).toInt())
            ElementType.INT64 -> buffer.putLong(java.lang.Long.remainderUnsigned(bits, 256))
        }
    }
    buffer.flip()
    return buffer
}
