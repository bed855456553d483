package storm;

import java.util.Map;
import org.apache.storm.spout.SpoutOutputCollector;
import org.apache.storm.task.TopologyContext;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.base.BaseRichSpout;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Values;

/** A spout that emits one tuple a call, with a message id, and counts what becomes of it. */
abstract class Feed extends BaseRichSpout {
    private transient SpoutOutputCollector out;

    /** The tuple of this number; {@code null} when it is not due yet. */
    abstract Object tuple(long number);

    @Override
    public void open(Map<String, Object> config, TopologyContext context, SpoutOutputCollector collector) {
        out = collector;
    }

    @Override
    public void nextTuple() {
        if (Tally.stopped) {
            return;
        }
        long number = Tally.EMITTED.get();
        Object tuple = tuple(number);
        if (tuple != null) {
            Tally.EMITTED.set(number + 1);
            out.emit(new Values(tuple), number);
        }
    }

    @Override
    public void ack(Object id) {
        Tally.ACKED.add(1);
    }

    @Override
    public void fail(Object id) {
        Tally.FAILED.add(1);
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
        declarer.declare(new Fields("tuple"));
    }
}

/** The sentences, again and again. */
final class Lines extends Feed {
    static final long DISTINCT = 27;
    static final double WORDS_A_SENTENCE = 32.0 / 5;
    private static final String[] SENTENCES = {
        "the cow jumped over the moon",
        "an apple a day keeps the doctor away",
        "four score and seven years ago",
        "snow white and the seven dwarfs",
        "i am at two with nature",
    };

    @Override
    Object tuple(long number) {
        return SENTENCES[(int) (number % SENTENCES.length)];
    }

    static long words(long sentences) {
        long words = 0;
        for (int at = 0; at < SENTENCES.length; at++) {
            long times = (sentences + SENTENCES.length - 1 - at) / SENTENCES.length;
            words += times * SENTENCES[at].split(" ").length;
        }
        return words;
    }
}

/** The numbers from zero on. */
final class Numbers extends Feed {
    @Override
    Object tuple(long number) {
        return number;
    }
}

/** Instants at which a tuple is due, each when it has come: who falls behind does not hide it. */
final class Timetable extends Feed {
    private final long rate;
    private transient long start;

    Timetable(long rate) {
        this.rate = rate;
    }

    @Override
    Object tuple(long number) {
        long now = System.nanoTime();
        if (start == 0) {
            start = now;
        }
        long due = start + number * 1_000_000_000L / rate;
        return now - due < 0 ? null : due;
    }
}
