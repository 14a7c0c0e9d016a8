package io.mote

import java.lang.ref.PhantomReference
import java.lang.ref.ReferenceQueue
import java.util.Collections
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean

/**
 * A native handle and who owns it. The handle is closed once: by [close], or, when an application forgets, after its
 * owner was collected.
 *
 * The handle may be used while another thread closes it: the native side knows stale handles.
 */
internal class Owned(owner: Any, val handle: Long, closeNative: (Long) -> Boolean) {
    private val reference = Forgotten(owner, handle, closeNative)

    fun close() {
        reference.release()
    }

    private class Forgotten(owner: Any, private val handle: Long, private val closeNative: (Long) -> Boolean) :
        PhantomReference<Any>(owner, QUEUE) {
        private val closed = AtomicBoolean(false)

        init {
            sweep()
            ALIVE.add(this)
        }

        fun release() {
            if (closed.compareAndSet(false, true)) {
                ALIVE.remove(this)
                closeNative(handle)
            }
        }
    }

    private companion object {
        val QUEUE = ReferenceQueue<Any>()
        val ALIVE: MutableSet<Forgotten> = Collections.newSetFromMap(ConcurrentHashMap())

        /** Closes what was forgotten. Called whenever something is opened, so that memory does not grow. */
        fun sweep() {
            while (true) {
                (QUEUE.poll() as Forgotten? ?: return).release()
            }
        }
    }
}
