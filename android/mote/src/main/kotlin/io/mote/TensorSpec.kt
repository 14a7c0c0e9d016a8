package io.mote

/** Type of a tensor's elements; [code] is the same in every language (`MOTE_TYPE_` in `mote.h`). */
public enum class ElementType(internal val code: Int, /** Bytes of one element. */ public val bytes: Int) {
    INT8(0, 1),
    UINT8(1, 1),
    INT16(2, 2),
    INT32(3, 4),
    INT64(4, 8),
    FLOAT32(5, 4),
    BOOL(6, 1),
    ;

    internal companion object {
        fun of(code: Int): ElementType =
            entries.firstOrNull { it.code == code }
                ?: throw MoteException.Other(Status.ERROR_TYPE, "element type $code is unknown to this library")
    }
}

/**
 * An input or output of a model.
 *
 * Elements are little-endian and row-major; images are height, width, channels.
 */
public class TensorSpec
    internal constructor(
        /** Name, as the model has it. */
        public val name: String,
        /** Type of the elements. */
        public val type: ElementType,
        shape: IntArray,
        /** Bytes of the whole tensor: what a buffer for it must hold. */
        public val bytes: Int,
        /** Real value of one step of a stored integer; 0 for tensors that are not quantised. */
        public val scale: Float,
        /** Stored value of real 0. */
        public val zeroPoint: Int,
        /** Class labels, or none. */
        public val labels: List<String>,
    ) {
        private val extents = shape

        /** Extents, outermost first. */
        public val shape: IntArray get() = extents.clone()

        /** Number of elements. */
        public val elements: Int get() = bytes / type.bytes

        override fun toString(): String = "$name: ${type.name.lowercase()}${extents.contentToString()}"
    }
