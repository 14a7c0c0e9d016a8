package io.mote

import java.io.File
import java.io.RandomAccessFile
import java.nio.ByteBuffer
import java.nio.channels.FileChannel

/**
 * A checked model. Immutable; any number of threads may use it, and open sessions of it.
 *
 * Closing it frees the file's copy once its last session is closed too; closing again does nothing. Any use after
 * closing is an [IllegalStateException].
 */
public class Model private constructor(handle: Long) : AutoCloseable {
    private val owner = Owned(this, handle, Native::closeModel)

    /** What the model is and costs. */
    public val passport: Passport = Passport.read(Native.describeModel(handle))

    /** Inputs, in order. */
    public val inputs: List<TensorSpec> get() = passport.inputs

    /** Outputs, in order. */
    public val outputs: List<TensorSpec> get() = passport.outputs

    /**
     * A session of this model, with an arena of its own.
     *
     * @throws MoteException.OutOfMemory when the arena does not fit in memory.
     * @throws IllegalStateException when the model is closed.
     */
    public fun newSession(): Session = Session(this, Native.openSession(owner.handle))

    override fun close() {
        owner.close()
    }

    public companion object {
        /**
         * Reads the model that lies between the buffer's position and limit; neither changes. The bytes are copied, so
         * the buffer is free afterwards. Any kind of buffer will do, a direct one is read fastest.
         *
         * @throws MoteException.InvalidModel with what is wrong.
         */
        @JvmStatic
        @Throws(MoteException::class)
        public fun load(file: ByteBuffer): Model {
            val direct =
                if (file.isDirect) {
                    file
                } else {
                    ByteBuffer.allocateDirect(file.remaining()).apply {
                        put(file.duplicate())
                        flip()
                    }
                }
            return Model(Native.openModel(direct, direct.position(), direct.remaining()))
        }

        /**
         * Reads a model's file.
         *
         * @throws java.io.IOException when the file cannot be read.
         * @throws MoteException.InvalidModel with what is wrong.
         */
        @JvmStatic
        @Throws(MoteException::class, java.io.IOException::class)
        public fun load(file: File): Model = RandomAccessFile(file, "r").use { load(it.channel, 0, it.length()) }

        /**
         * Reads a model from a part of a file, such as an asset of an Android application.
         *
         * @throws java.io.IOException when the part cannot be read.
         * @throws MoteException.InvalidModel with what is wrong.
         */
        @JvmStatic
        @Throws(MoteException::class, java.io.IOException::class)
        public fun load(
            channel: FileChannel,
            offset: Long,
            bytes: Long,
        ): Model {
            require(bytes in 0..Int.MAX_VALUE) { "a model of $bytes bytes is too large" }
            val buffer = ByteBuffer.allocateDirect(bytes.toInt())
            var at = offset
            while (buffer.hasRemaining()) {
                val read = channel.read(buffer, at)
                if (read < 0) throw java.io.EOFException("the file ends ${buffer.remaining()} bytes before the model does")
                at += read
            }
            buffer.flip()
            return load(buffer)
        }
    }
}
