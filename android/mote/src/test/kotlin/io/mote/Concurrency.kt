package io.mote

import java.io.File
import java.nio.ByteBuffer
import java.util.Random
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicLong
import java.util.concurrent.atomic.AtomicReference
import kotlin.concurrent.thread

private const val THREADS = 8
private const val CALLS = 10_000

internal fun concurrencyTests(folder: File): List<Test> =
    listOf(
        Test("$THREADS threads, $CALLS mixed calls each: no crash, the right exceptions, memory flat") {
            // The virtual machine compiles and grows its tables first.
            repeat(2) { mixedCalls(folder, seed = it.toLong()) }
            System.gc()
            val before = residentBytes()
            repeat(2) { mixedCalls(folder, seed = it + 2L) }
            System.gc()
            val grown = residentBytes() - before
            println("          resident memory grew by ${grown / 1024} KiB over ${2 * THREADS * CALLS} calls")
            check(grown < LEAK_BYTES) { "resident memory grew by $grown bytes" }
        },
        Test("a run is cancelled from another thread") {
            model(folder, "digits.mote").use { model ->
                model.newSession().use { session ->
                    val stop = AtomicReference<Throwable?>()
                    val runner = thread { runCatching { while (true) exercise(model, session) }.onFailure { stop.set(it) } }
                    while (runner.isAlive) {
                        session.cancel()
                        Thread.yield()
                    }
                    check(stop.get() is MoteException.Cancelled) { "the run ended with ${stop.get()}" }
                    exercise(model, session)
                }
            }
        },
        Test("closing during a run ends it") {
            val model = model(folder, "digits.mote")
            repeat(20) {
                val session = model.newSession()
                val stop = AtomicReference<Throwable?>()
                val runner = thread { runCatching { while (true) exercise(model, session) }.onFailure { stop.set(it) } }
                Thread.sleep(1)
                session.close()
                runner.join()
                val error = stop.get()
                check(error is MoteException.Cancelled || error is IllegalStateException) { "the run ended with $error" }
            }
            model.close()
        },
        Test("an interrupted thread's run is whole, and the interrupt stays") {
            model(folder, "digits.mote").use { model ->
                model.newSession().use { session ->
                    Thread.currentThread().interrupt()
                    exercise(model, session)
                    check(Thread.interrupted()) { "the interrupt was lost" }
                }
            }
        },
        Test("a session that only its run holds is not collected during it") {
            model(folder, "digits.mote").use { model ->
                val input = formula(model.inputs[0], 0)
                val output = Session.directBuffer(model.outputs[0].bytes)
                val collector = thread { repeat(60) { System.gc().also { model(folder, "digits.mote").close() } } }
                while (collector.isAlive) model.newSession().run(input, output)
                collector.join()
            }
        },
        Test("what is forgotten is closed") {
            val before = Testing.openSessions()
            repeat(50) { model(folder, "digits.mote").newSession() }
            repeat(50) {
                System.gc()
                Thread.sleep(5)
                model(folder, "digits.mote").close()
                if (Testing.openSessions() <= before) return@Test
            }
            error("${Testing.openSessions() - before} forgotten sessions are still open")
        },
    )

// A call in twelve opens a session, of some ten kilobytes: leaking them would cost a hundred megabytes and more.
private const val LEAK_BYTES = 16L * 1024 * 1024

private fun residentBytes(): Long =
    File("/proc/self/statm").readText().split(' ')[1].toLong() * 4096

private fun mixedCalls(
    folder: File,
    seed: Long,
) {
    val file = directOf(File(folder, "digits.mote").readBytes())
    val sessions = ConcurrentHashMap<Int, Session>()
    val start = CountDownLatch(1)
    val ran = AtomicLong()
    val fault = AtomicReference<Throwable?>()
    val threads =
        List(THREADS) { number ->
            thread {
                val random = Random(seed * THREADS + number)
                start.await()
                repeat(CALLS) {
                    try {
                        if (mixedCall(random, file, sessions)) ran.incrementAndGet()
                    } catch (expected: IllegalStateException) {
                        // Closed by another thread, or running in one.
                    } catch (expected: IllegalArgumentException) {
                    } catch (expected: MoteException.Cancelled) {
                    } catch (error: Throwable) {
                        fault.compareAndSet(null, error)
                    }
                }
            }
        }
    start.countDown()
    threads.forEach { it.join() }
    sessions.values.forEach { it.close() }
    fault.get()?.let { throw AssertionError("a call ended with $it", it) }
    check(ran.get() > CALLS / 4) { "only ${ran.get()} runs went through" }
}

/** One of the calls at random, on one of a few sessions that all threads share. True when it was a whole run. */
private fun mixedCall(
    random: Random,
    file: ByteBuffer,
    sessions: ConcurrentHashMap<Int, Session>,
): Boolean {
    val slot = random.nextInt(12)
    val session = sessions[slot]
    when (random.nextInt(12)) {
        0 -> Model.load(file.duplicate()).use { model -> sessions.put(slot, model.newSession())?.close() }
        1 -> session?.close()
        2 -> session?.cancel()
        3 -> session?.resetState()
        4 -> session?.run(Session.directBuffer(random.nextInt(100)), Session.directBuffer(random.nextInt(100)))
        5 -> session?.run(ByteBuffer.allocate(64), ByteBuffer.allocate(10))
        6 -> session?.profile(session.model.inputs.map { Session.directBuffer(it.bytes) })
        else -> {
            session ?: return false
            exercise(session.model, session)
            return true
        }
    }
    return false
}
