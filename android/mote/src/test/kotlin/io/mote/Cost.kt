package io.mote

import java.io.File
import java.lang.management.ManagementFactory

private const val RUNS = 20_000

/** What a run costs above the engine's own time. Time is printed; that nothing is allocated is asserted. */
internal fun costTests(folder: File): List<Test> =
    listOf(
        Test("a run with direct buffers allocates nothing, in Java or below") {
            model(folder, "sine.mote").use { model ->
                model.newSession().use { session ->
                    val input = formula(model.inputs[0], 0)
                    val output = Session.directBuffer(model.outputs[0].bytes)
                    repeat(RUNS) { session.run(input, output) }
                    val threads = ManagementFactory.getThreadMXBean() as com.sun.management.ThreadMXBean
                    val number = Thread.currentThread().id
                    val (java, native) = threads.getThreadAllocatedBytes(number) to Testing.allocations()
                    repeat(RUNS) { session.run(input, output) }
                    val javaBytes = threads.getThreadAllocatedBytes(number) - java
                    val nativeCount = Testing.allocations() - native
                    println("          over $RUNS runs: $javaBytes bytes in Java, $nativeCount native allocations")
                    check(nativeCount == 0L) { "$nativeCount native allocations in $RUNS runs" }
                    check(javaBytes < RUNS) { "$javaBytes bytes of Java in $RUNS runs" }
                }
            }
        },
        Test("time of a run through JNI beside the same run from Rust") {
            for (name in listOf("sine.mote", "digits.mote")) {
                model(folder, name).use { model ->
                    model.newSession().use { session ->
                        val input = formula(model.inputs[0], 0)
                        val output = Session.directBuffer(model.outputs[0].bytes)
                        repeat(RUNS) { session.run(input, output) }
                        var least = Long.MAX_VALUE
                        repeat(RUNS) {
                            val start = System.nanoTime()
                            session.run(input, output)
                            least = minOf(least, System.nanoTime() - start)
                        }
                        val rust = Testing.leastNanoseconds(session.handleForTest(), RUNS)
                        println("          $name: $least ns from Kotlin, $rust ns from Rust, ${least - rust} ns between")
                    }
                }
            }
        },
    )
