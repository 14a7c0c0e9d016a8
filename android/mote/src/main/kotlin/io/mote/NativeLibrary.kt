package io.mote

/**
 * Finds the native library, once.
 *
 * On Android it lies in the application. Elsewhere the system property `io.mote.library` may name the file; without it
 * `libmote_jni` is looked for on `java.library.path`.
 */
internal object NativeLibrary {
    private const val NAME = "mote_jni"

    fun load() {
        val file = System.getProperty("io.mote.library")
        try {
            if (file != null) System.load(file) else System.loadLibrary(NAME)
        } catch (error: UnsatisfiedLinkError) {
            val place = file ?: ("lib$NAME on java.library.path " + System.getProperty("java.library.path"))
            val system = System.getProperty("os.name") + " " + System.getProperty("os.arch")
            throw UnsatisfiedLinkError("Mote's native library for $system was not found as $place: ${error.message}")
        }
    }
}
