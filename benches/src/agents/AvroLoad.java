import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import org.apache.flume.Event;
import org.apache.flume.api.RpcClient;
import org.apache.flume.api.RpcClientFactory;
import org.apache.flume.event.EventBuilder;

/** Sends events of 200 bytes through Flume's own client: PORT BATCH EVENTS EVENTS_TO_GET_WARM. Prints the seconds. */
public class AvroLoad {
    public static void main(String[] arguments) throws Exception {
        int port = Integer.parseInt(arguments[0]);
        int size = Integer.parseInt(arguments[1]);
        byte[] body = new byte[200];
        Arrays.fill(body, (byte) 'x');
        List<Event> batch = new ArrayList<>();
        for (int at = 0; at < size; at++) {
            batch.add(EventBuilder.withBody(body));
        }
        RpcClient client = RpcClientFactory.getDefaultInstance("127.0.0.1", port, size);
        send(client, batch, Long.parseLong(arguments[3]));
        long began = System.nanoTime();
        send(client, batch, Long.parseLong(arguments[2]));
        System.out.println((System.nanoTime() - began) / 1e9);
        client.close();
    }

    private static void send(RpcClient client, List<Event> batch, long events) throws Exception {
        for (long sent = 0; sent < events; sent += batch.size()) {
            client.appendBatch(batch.subList(0, (int) Math.min(batch.size(), events - sent)));
        }
    }
}
