package storm;

import java.util.Arrays;
import java.util.Locale;
import org.apache.storm.Config;
import org.apache.storm.LocalCluster;
import org.apache.storm.topology.TopologyBuilder;
import org.apache.storm.tuple.Fields;

/**
 * Runs one topology in a local cluster, acknowledged, and prints {@code VALUE UNIT of WORK}, one line each.
 *
 * <p>{@code words SECONDS} and {@code hop SECONDS} measure a rate over that time; {@code latency RATE} offers so many
 * tuples a second. Ackers, batches, pending tuples and parallelism are those that were fastest on two cores.
 */
public final class Bench {
    private static final int WARM_UP = 8;
    private static final int LATENCY_SECONDS = 4;
    /** Starting, warming up, draining and whatever goes wrong. */
    private static final int SPARE = 60;

    private Bench() {
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            fail("usage: Bench words|hop|latency SIZE");
        }
        int size = Integer.parseInt(arguments[1]);
        boolean latency = arguments[0].equals("latency");
        int seconds = latency ? LATENCY_SECONDS : size;
        endAfter(WARM_UP + seconds + SPARE);
        switch (arguments[0]) {
            case "words" -> submit(words(), 1000);
            case "hop" -> submit(hop(), 100);
            case "latency" -> submit(threeHops(size), 1);
            default -> fail(arguments[0] + ": no such contestant");
        }
        while (Tally.ACKED.get() == 0) {
            Thread.sleep(10);
        }
        Thread.sleep(WARM_UP * 1000L);
        if (latency) {
            measureLatency(seconds);
        } else {
            measureRate(arguments[0].equals("words"), seconds);
        }
        System.out.flush();
        // An orderly end takes a local cluster many seconds.
        Runtime.getRuntime().halt(0);
    }

    private static TopologyBuilder words() {
        TopologyBuilder topology = new TopologyBuilder();
        topology.setSpout("lines", new Lines());
        topology.setBolt("split", new Split()).localOrShuffleGrouping("lines");
        topology.setBolt("count", new Count()).fieldsGrouping("split", new Fields("word"));
        return topology;
    }

    private static TopologyBuilder hop() {
        TopologyBuilder topology = new TopologyBuilder();
        topology.setSpout("numbers", new Numbers());
        topology.setBolt("sum", new Sum()).localOrShuffleGrouping("numbers");
        return topology;
    }

    private static TopologyBuilder threeHops(int rate) {
        TopologyBuilder topology = new TopologyBuilder();
        topology.setSpout("arrivals", new Timetable(rate));
        topology.setBolt("hand-on", new HandOn()).localOrShuffleGrouping("arrivals");
        topology.setBolt("hand-on-again", new HandOn()).localOrShuffleGrouping("hand-on");
        topology.setBolt("arrived", new Arrived()).localOrShuffleGrouping("hand-on-again");
        return topology;
    }

    private static void submit(TopologyBuilder topology, int batch) throws Exception {
        Config config = new Config();
        config.setNumWorkers(1);
        config.setNumAckers(1);
        config.setMaxSpoutPending(5000);
        config.put(Config.TOPOLOGY_PRODUCER_BATCH_SIZE, batch);
        config.put(Config.TOPOLOGY_DISABLE_LOADAWARE_MESSAGING, true);
        config.put(Config.TOPOLOGY_STATS_SAMPLE_RATE, 0.0005);
        LocalCluster cluster = new LocalCluster.Builder().withSupervisors(1).build();
        cluster.submitTopology("bench", config, topology.createTopology());
    }

    private static void measureRate(boolean words, int seconds) throws InterruptedException {
        long start = System.nanoTime();
        long acked = Tally.ACKED.get();
        Thread.sleep(seconds * 1000L);
        acked = Tally.ACKED.get() - acked;
        double time = (System.nanoTime() - start) / 1e9;
        checkResult(words);
        double work = words ? acked * Lines.WORDS_A_SENTENCE : acked;
        System.out.printf(Locale.ROOT, "%.0f %s of %.0f%n", work / time, words ? "words/s" : "tuples/s", work);
    }

    /** Nothing more is emitted; what was must be acknowledged, and counted right. */
    private static void checkResult(boolean words) throws InterruptedException {
        Tally.stopped = true;
        for (int wait = 0; wait < 1000 && Tally.ACKED.get() < Tally.EMITTED.get(); wait++) {
            Thread.sleep(10);
        }
        long emitted = Tally.EMITTED.get();
        check("acknowledged tuples", emitted, Tally.ACKED.get());
        check("failed tuples", 0, Tally.FAILED.get());
        if (words) {
            check("words", Lines.words(emitted), Tally.DONE.get());
            check("distinct words", Lines.DISTINCT, Tally.DISTINCT.get());
        } else {
            check("the sum", emitted * (emitted - 1) / 2, Tally.DONE.get());
        }
    }

    private static void measureLatency(int seconds) throws InterruptedException {
        Tally.from = System.nanoTime();
        Tally.to = Tally.from + seconds * 1_000_000_000L;
        Thread.sleep(seconds * 1000L + 1000);
        long[] found = Tally.latencies();
        check("failed tuples", 0, Tally.FAILED.get());
        if (found.length == 0) {
            fail("no tuple has arrived in time");
        }
        Arrays.sort(found);
        for (int percent : new int[] {50, 99}) {
            double micros = found[Math.min(found.length - 1, found.length * percent / 100)] / 1e3;
            System.out.printf(Locale.ROOT, "%.1f us-p%d of %d%n", micros, percent, found.length);
        }
    }

    private static void check(String what, long expected, long found) {
        if (expected != found) {
            fail(what + ": " + found + " instead of " + expected);
        }
    }

    private static void fail(String problem) {
        System.err.println(problem);
        Runtime.getRuntime().halt(1);
    }

    private static void endAfter(int seconds) {
        Thread watchdog = new Thread(() -> {
            try {
                Thread.sleep(seconds * 1000L);
            } catch (InterruptedException e) {
                return;
            }
            fail("it was not done after " + seconds + " s");
        });
        watchdog.setDaemon(true);
        watchdog.start();
    }
}
