package io.mote

import java.io.ByteArrayInputStream
import java.io.DataInputStream

/** What a model is and costs, as its file says. */
public class Passport
    internal constructor(
        /** Name of the model. */
        public val name: String,
        /** Version of the model, its author's. */
        public val version: String,
        /** The compiler that made the file. */
        public val producer: String,
        /** Multiply-accumulates of one inference. */
        public val macs: Long,
        /** Bytes of the weights. */
        public val weightBytes: Long,
        /** Bytes a session's tensors take. */
        public val arenaBytes: Long,
        /** Bytes a session remembers from one run to the next. */
        public val stateBytes: Long,
        /** Inputs, in order. */
        public val inputs: List<TensorSpec>,
        /** Outputs, in order. */
        public val outputs: List<TensorSpec>,
        /** Figures measured when the model was made, by name. */
        public val metrics: Map<String, Double>,
    ) {
        internal companion object {
            fun read(bytes: ByteArray): Passport {
                val from = DataInputStream(ByteArrayInputStream(bytes))
                return Passport(
                    name = from.text(),
                    version = from.text(),
                    producer = from.text(),
                    macs = from.readLong(),
                    weightBytes = from.readLong(),
                    arenaBytes = from.readLong(),
                    stateBytes = from.readLong(),
                    inputs = from.tensors("input"),
                    outputs = from.tensors("output"),
                    metrics =
                        List(from.readInt()) {
                            val entry = from.text() to from.readDouble()
                            from.readInt()
                            entry
                        }.toMap(),
                )
            }

            private fun DataInputStream.tensors(kind: String): List<TensorSpec> =
                List(readInt()) { index ->
                    TensorSpec(
                        name = text().ifEmpty { "$kind$index" },
                        type = ElementType.of(readInt()),
                        shape = IntArray(readInt()) { readInt() },
                        bytes = readInt(),
                        scale = readFloat(),
                        zeroPoint = readInt(),
                        labels = List(readInt()) { text() },
                    )
                }
        }
    }

/** What one operator took in one run. */
public class LayerTime internal constructor(
    /** The operator's name. */
    public val operator: String,
    /** Nanoseconds it ran. */
    public val nanoseconds: Long,
)

internal fun layers(bytes: ByteArray): List<LayerTime> {
    val from = DataInputStream(ByteArrayInputStream(bytes))
    return List(from.readInt()) { LayerTime(from.text(), from.readLong()) }
}

private fun DataInputStream.text(): String = ByteArray(readInt()).also(::readFully).toString(Charsets.UTF_8)
