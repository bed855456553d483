package storm;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the tasks of a run count. A local cluster runs all of them in this process, so they are statics. Each counter
 * has one writer, and lies in cache lines of its own.
 */
final class Tally {
    static final Counter EMITTED = new Counter();
    static final Counter ACKED = new Counter();
    static final Counter FAILED = new Counter();
    static final Counter DONE = new Counter();
    static final Counter DISTINCT = new Counter();
    static final Counter ARRIVED = new Counter();

    /** Spouts emit nothing more. */
    static volatile boolean stopped;
    /** Tuples that were due in this stretch count. */
    static volatile long from = Long.MAX_VALUE;
    static volatile long to = Long.MIN_VALUE;

    private static long[] latencies = new long[1 << 20];

    private Tally() {
    }

    /** Called by one task alone. */
    static void arrived(long due) {
        if (due - from < 0 || due - to >= 0 || from == Long.MAX_VALUE) {
            return;
        }
        int at = (int) ARRIVED.get();
        if (at == latencies.length) {
            latencies = Arrays.copyOf(latencies, at * 2);
        }
        latencies[at] = System.nanoTime() - due;
        ARRIVED.set(at + 1);
    }

    static long[] latencies() {
        int count = (int) ARRIVED.get();
        return Arrays.copyOf(latencies, count);
    }

    static final class Counter {
        private final AtomicLongArray lines = new AtomicLongArray(32);

        long get() {
            return lines.get(16);
        }

        void set(long value) {
            lines.lazySet(16, value);
        }

        void add(long more) {
            set(lines.getPlain(16) + more);
        }
    }
}
