package io.mote

import java.nio.ByteBuffer

/** Real values as this tensor stores them, in a direct buffer ready to run. */
public fun TensorSpec.quantise(values: FloatArray): ByteBuffer {
    require(values.size == elements) { "$name takes $elements values, ${values.size} given" }
    val buffer = Session.directBuffer(bytes)
    when (type) {
        ElementType.FLOAT32 -> values.forEach { buffer.putFloat(it) }
        ElementType.INT8 -> values.forEach { buffer.put(stored(it, Byte.MIN_VALUE.toInt(), Byte.MAX_VALUE.toInt()).toByte()) }
        ElementType.UINT8 -> values.forEach { buffer.put(stored(it, 0, UBYTE_MAX).toByte()) }
        ElementType.INT16 ->
            values.forEach { buffer.putShort(stored(it, Short.MIN_VALUE.toInt(), Short.MAX_VALUE.toInt()).toShort()) }
        else -> throw IllegalArgumentException("$name is ${type.name.lowercase()}: give its stored values as bytes")
    }
    buffer.flip()
    return buffer
}

/** The real values in a buffer that holds this tensor. */
public fun TensorSpec.dequantise(buffer: ByteBuffer): FloatArray {
    require(buffer.remaining() == bytes) { "$name has $bytes bytes, the buffer ${buffer.remaining()}" }
    val from = buffer.duplicate().order(buffer.order())
    return FloatArray(elements) {
        when (type) {
            ElementType.FLOAT32 -> from.getFloat()
            ElementType.INT8 -> real(from.get().toInt())
            ElementType.UINT8 -> real(from.get().toInt() and UBYTE_MAX)
            ElementType.INT16 -> real(from.getShort().toInt())
            ElementType.INT32 -> from.getInt().toFloat()
            ElementType.INT64 -> from.getLong().toFloat()
            ElementType.BOOL -> from.get().toFloat()
        }
    }
}

private const val UBYTE_MAX = 255

// Rounds half away from zero, as the engine does. NaN becomes real 0.
private fun TensorSpec.stored(
    value: Float,
    least: Int,
    greatest: Int,
): Int {
    if (value.isNaN()) return zeroPoint.coerceIn(least, greatest)
    val steps = value / scale
    val rounded = if (steps < 0) Math.ceil(steps - 0.5) else Math.floor(steps + 0.5)
    return (rounded + zeroPoint).coerceIn(least.toDouble(), greatest.toDouble()).toInt()
}

private fun TensorSpec.real(stored: Int): Float = scale * (stored - zeroPoint)
