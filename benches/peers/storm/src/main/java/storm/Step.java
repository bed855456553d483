package storm;

import java.util.HashMap;
import java.util.Map;
import org.apache.storm.task.OutputCollector;
import org.apache.storm.task.TopologyContext;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.base.BaseRichBolt;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Tuple;
import org.apache.storm.tuple.Values;

/** A bolt that acknowledges each tuple once it has done its step; what it emits is anchored. */
abstract class Step extends BaseRichBolt {
    private transient OutputCollector out;

    abstract void step(Tuple tuple, OutputCollector out);

    @Override
    public void prepare(Map<String, Object> config, TopologyContext context, OutputCollector collector) {
        out = collector;
    }

    @Override
    public void execute(Tuple tuple) {
        step(tuple, out);
        out.ack(tuple);
    }

    @Override
    public void declareOutputFields(OutputFieldsDeclarer declarer) {
        declarer.declare(new Fields("word"));
    }
}

final class Split extends Step {
    @Override
    void step(Tuple tuple, OutputCollector out) {
        String line = tuple.getString(0);
        int start = 0;
        for (int end = line.indexOf(' '); end >= 0; end = line.indexOf(' ', start)) {
            out.emit(tuple, new Values(line.substring(start, end)));
            start = end + 1;
        }
        out.emit(tuple, new Values(line.substring(start)));
    }
}

final class Count extends Step {
    private final Map<String, long[]> counts = new HashMap<>();

    @Override
    void step(Tuple tuple, OutputCollector out) {
        counts.computeIfAbsent(tuple.getString(0), word -> new long[1])[0]++;
        Tally.DONE.add(1);
        Tally.DISTINCT.set(counts.size());
    }
}

final class Sum extends Step {
    @Override
    void step(Tuple tuple, OutputCollector out) {
        Tally.DONE.add(tuple.getLong(0));
    }
}

final class HandOn extends Step {
    @Override
    void step(Tuple tuple, OutputCollector out) {
        out.emit(tuple, new Values(tuple.getLong(0)));
    }
}

final class Arrived extends Step {
    @Override
    void step(Tuple tuple, OutputCollector out) {
        Tally.arrived(tuple.getLong(0));
    }
}
