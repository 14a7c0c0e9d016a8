package io.mote

/**
 * Something the engine refuses. [status] is the same number in every language (`MOTE_ERROR_` in `mote.h`); the classes
 * below group what an application tells apart.
 */
public sealed class MoteException(
    /** The engine's status, below 0. */
    public val status: Int,
    message: String,
) : RuntimeException(message) {
    /** The file is no model this library runs: damaged, of another version, or with an operator it lacks. */
    public class InvalidModel internal constructor(status: Int, message: String) : MoteException(status, message)

    /** Too little memory for the model's arena. */
    public class OutOfMemory internal constructor(status: Int, message: String) : MoteException(status, message)

    /** The run was cancelled. */
    public class Cancelled internal constructor(status: Int, message: String) : MoteException(status, message)

    /** The run met an index outside its table: the input is not one the model was made for. */
    public class RunFault internal constructor(status: Int, message: String) : MoteException(status, message)

    /** A fault inside the library, stopped at its border. The application goes on; please report it. */
    public class Internal internal constructor(status: Int, message: String) : MoteException(status, message)

    /** A status this version of the Kotlin library does not know. */
    public class Other internal constructor(status: Int, message: String) : MoteException(status, message)

    internal companion object {
        /**
         * The exception of a status. Wrong arguments and a wrong moment have classes of their own in Java:
         * [IllegalArgumentException] and [IllegalStateException].
         */
        @JvmStatic
        @CalledFromNative
        fun of(status: Int, message: String): RuntimeException =
            when (status) {
                Status.ERROR_CLOSED, Status.ERROR_RUNNING, Status.ERROR_BUSY, Status.ERROR_NOT_READY ->
                    IllegalStateException(message)
                Status.ERROR_RUN_CANCELLED -> Cancelled(status, message)
                Status.ERROR_RUN_FAULT, Status.ERROR_RUN_GOLDEN -> RunFault(status, message)
                Status.ERROR_INTERNAL -> Internal(status, message)
                Status.ERROR_OUT_OF_MEMORY, Status.ERROR_ARENA_TOO_SMALL, Status.ERROR_STATE_TOO_SMALL ->
                    OutOfMemory(status, message)
                in Status.ERROR_SHARED_MEMORY..Status.ERROR_NULL -> IllegalArgumentException(message)
                in Status.ERROR_MODEL_INCONSISTENT..Status.ERROR_FILE_TRUNCATED -> InvalidModel(status, message)
                else -> Other(status, message)
            }
    }
}

/** Marks what native code calls by name, so that shrinkers keep it. */
@Retention(AnnotationRetention.BINARY)
@Target(AnnotationTarget.FUNCTION)
internal annotation class CalledFromNative
