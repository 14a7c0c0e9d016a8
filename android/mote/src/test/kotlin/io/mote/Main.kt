package io.mote

import java.io.File
import java.nio.ByteBuffer
import kotlin.system.exitProcess

/** One test: a name, and what throws when it fails. */
class Test(val name: String, val body: () -> Unit)

/**
 * The tests of the library on a Java virtual machine, with the real native library.
 *
 * Arguments: a folder with models and `cases.tsv`, which says for each model what its inputs are and where the outputs
 * of the reference implementation lie. The exit code is 1 when a test fails.
 */
fun main(arguments: Array<String>) {
    val folder = File(arguments.firstOrNull() ?: error("usage: MainKt FOLDER_OF_MODELS"))
    val tests = goldenTests(folder) + misuseTests(folder) + concurrencyTests(folder) + javaTests(folder) + costTests(folder)
    var failed = 0
    for (test in tests) {
        try {
            test.body()
            println("  ok      ${test.name}")
        } catch (error: Throwable) {
            failed += 1
            println("  FAILED  ${test.name}: $error")
            error.stackTrace.take(4).forEach { println("            at $it") }
        }
    }
    println("${tests.size - failed} passed, $failed failed")
    exitProcess(if (failed == 0) 0 else 1)
}

internal fun model(folder: File, name: String): Model = Model.load(File(folder, name))

internal fun directOf(bytes: ByteArray): ByteBuffer =
    Session.directBuffer(bytes.size).apply {
        put(bytes)
        flip()
    }

internal inline fun <reified E : Throwable> refused(
    what: String,
    body: () -> Unit,
): E {
    try {
        body()
    } catch (error: Throwable) {
        check(error is E) { "$what: expected ${E::class.simpleName}, got $error" }
        val words = error.message ?: error.cause?.message
        check(!words.isNullOrBlank()) { "$what: the exception says nothing" }
        return error
    }
    error("$what was not refused")
}

private fun javaTests(folder: File) =
    listOf(Test("the interface from Java") { check(JavaClient.run(folder) == null) { JavaClient.run(folder) ?: "" } })
