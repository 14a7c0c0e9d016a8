package io.mote

import java.io.File
import java.lang.reflect.InvocationTargetException
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.Random

private const val MODEL = "digits.mote"

/** Whatever is passed, the answer is the right exception. */
internal fun misuseTests(folder: File): List<Test> =
    listOf(
        Test("no model in the bytes") {
            refused<MoteException.InvalidModel>("zeros") { Model.load(ByteBuffer.allocateDirect(4096)) }
            refused<MoteException.InvalidModel>("nothing") { Model.load(ByteBuffer.allocateDirect(0)) }
            refused<java.io.IOException>("no file") { Model.load(File(folder, "there-is-none.mote")) }
        },
        Test("damaged models never crash") {
            val whole = File(folder, MODEL).readBytes()
            val random = Random(1)
            repeat(2000) {
                val damaged = whole.clone()
                repeat(1 + random.nextInt(4)) { damaged[random.nextInt(damaged.size)] = random.nextInt().toByte() }
                val part = if (random.nextInt(4) == 0) damaged.copyOf(random.nextInt(damaged.size)) else damaged
                try {
                    Model.load(ByteBuffer.wrap(part)).use { it.newSession().use { session -> exercise(it, session) } }
                } catch (expected: MoteException) {
                    check(expected.status < 0)
                }
            }
        },
        Test("position and limit of a model's buffer") {
            val file = File(folder, MODEL).readBytes()
            val around = ByteBuffer.allocateDirect(file.size + 100)
            around.position(60)
            around.put(file)
            around.flip().position(60)
            Model.load(around).use { check(it.inputs.size == 1) }
            check(around.position() == 60) { "loading moved the position" }
        },
        Test("position and limit of inputs and outputs") {
            model(folder, MODEL).use { model ->
                model.newSession().use { session ->
                    val (input, output) = model.inputs[0] to model.outputs[0]
                    val expected = session.runBytes(formulaBytes(input, 1))[0]
                    val around = Session.directBuffer(input.bytes + 10)
                    around.position(7)
                    around.put(formulaBytes(input, 1))
                    around.flip().position(7)
                    val result = Session.directBuffer(output.bytes + 10)
                    result.position(3).limit(3 + output.bytes)
                    session.run(around, result)
                    val got = ByteArray(output.bytes).also { result.duplicate().get(it) }
                    check(got.contentEquals(expected))
                    check(around.position() == 7 && result.position() == 3) { "running moved a position" }
                    result.clear()
                    check((0 until 3).all { result.get(it) == 0.toByte() }) { "bytes before the position were written" }
                }
            }
        },
        Test("buffers of the wrong kind or size") {
            model(folder, MODEL).use { model ->
                model.newSession().use { session ->
                    val input = formula(model.inputs[0], 0)
                    val output = Session.directBuffer(model.outputs[0].bytes)
                    refused<IllegalArgumentException>("heap input") { session.run(ByteBuffer.allocate(input.remaining()), output) }
                    refused<IllegalArgumentException>("heap output") { session.run(input, ByteBuffer.allocate(output.capacity())) }
                    refused<IllegalArgumentException>("read-only output") { session.run(input, output.asReadOnlyBuffer()) }
                    refused<IllegalArgumentException>("short input") { session.run(Session.directBuffer(3), output) }
                    refused<IllegalArgumentException>("long output") { session.run(input, Session.directBuffer(4096)) }
                    refused<IllegalArgumentException>("no inputs") { session.run(listOf(), listOf(output)) }
                    refused<IllegalArgumentException>("two inputs") { session.run(listOf(input, input), listOf(output)) }
                    refused<IllegalArgumentException>("floats") { session.runFloats(FloatArray(1)) }
                    refused<IllegalArgumentException>("no floats") { session.runFloats() }
                    session.run(input.asReadOnlyBuffer().order(ByteOrder.nativeOrder()), output)
                    session.run(input, output)
                }
            }
        },
        Test("null and parts outside, past Kotlin's checks") {
            val handle = File(folder, MODEL).readBytes().let { Native.openModel(directOf(it), 0, it.size) }
            val session = Native.openSession(handle)
            val buffer = Session.directBuffer(64)
            val openModel = Native::class.java.getMethod("openModel", ByteBuffer::class.java, Int::class.java, Int::class.java)
            val error = refused<InvocationTargetException>("null file") { openModel.invoke(null, null, 0, 1) }
            check(error.cause is IllegalArgumentException) { "null file: ${error.cause}" }
            for ((position, bytes) in listOf(-1 to 4, 0 to 65, 64 to 1, Int.MAX_VALUE to Int.MAX_VALUE, 0 to -1)) {
                refused<IllegalArgumentException>("$bytes at $position") {
                    Native.runOne(session, buffer, position, bytes, buffer, 0, 10)
                }
            }
            refused<IllegalArgumentException>("spans too short") {
                Native.runMany(session, arrayOf(buffer), IntArray(0), arrayOf(buffer), IntArray(1))
            }
            check(Native.closeSession(session) && Native.closeModel(handle))
        },
        Test("handles that are none") {
            for (handle in longArrayOf(0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1L shl 31)) {
                refused<IllegalStateException>("model $handle") { Native.openSession(handle) }
                refused<IllegalStateException>("session $handle") { Native.cancel(handle) }
                check(!Native.closeModel(handle) && !Native.closeSession(handle))
            }
        },
        Test("use after close, and closing twice") {
            val model = model(folder, MODEL)
            val session = model.newSession()
            model.close()
            model.close()
            refused<IllegalStateException>("a session of a closed model") { model.newSession() }
            exercise(model, session)
            session.close()
            session.close()
            refused<IllegalStateException>("a run of a closed session") { exercise(model, session) }
            refused<IllegalStateException>("cancelling a closed session") { session.cancel() }
            check(model.passport.name.isNotEmpty()) { "the passport goes with the model" }
        },
        Test("a panic becomes an exception, and the library goes on") {
            repeat(3) {
                val error = refused<MoteException.Internal>("the panic") { Testing.panic() }
                check("asked for by a test" in (error.message ?: "")) { "the panic's words are lost: ${error.message}" }
            }
            model(folder, MODEL).use { model -> model.newSession().use { exercise(model, it) } }
        },
    )

internal fun formulaBytes(
    spec: TensorSpec,
    seed: Int,
): ByteArray = ByteArray(spec.bytes).also { formula(spec, seed).get(it) }

/** One run with inputs by the formula. */
internal fun exercise(
    model: Model,
    session: Session,
) {
    val inputs = model.inputs.mapIndexed { index, spec -> formula(spec, index) }
    session.run(inputs, model.outputs.map { Session.directBuffer(it.bytes) })
}
