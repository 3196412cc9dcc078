package io.signalbox.transport.mqtt;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tables of topics (MQTT device API §5). A short form of a topic is one more row. */
final class Topics {
    /** What a device says by publishing. */
    enum Said {
        TELEMETRY,
        ATTRIBUTES,
        ATTRIBUTE_REQUEST,
        RPC_RESPONSE,
        CLIENT_RPC_REQUEST
    }

    /**
     * A topic that devices publish to.
     *
     * @param text    the whole topic, or what stands before the request id
     * @param withId  a decimal 32-bit integer follows
     * @param replyTo what stands before the id in the topic of the answer; empty where none is given
     */
    record In(String text, boolean withId, Said said, String replyTo) {}

    /** A topic as a device published to it. */
    record Match(In row, String idText) {}

    /** What a device asks for by subscribing. */
    enum Wants {
        RPC_REQUESTS,
        ATTRIBUTE_UPDATES,
        RESPONSES
    }

    /**
     * A filter that devices subscribe to, compared as it stands.
     *
     * @param publishTo the topic that messages go to, or what stands before the id in it
     */
    record Out(int row, String filter, Wants wants, String publishTo) {}

    private static final List<In> IN = List.of(
            new In("v1/devices/me/telemetry", false, Said.TELEMETRY, ""),
            new In("v1/devices/me/attributes", false, Said.ATTRIBUTES, ""),
            new In("v2/t", false, Said.TELEMETRY, ""),
            new In("v2/t/j", false, Said.TELEMETRY, ""),
            new In("v2/a", false, Said.ATTRIBUTES, ""),
            new In("v2/a/j", false, Said.ATTRIBUTES, ""),
            new In("v1/devices/me/rpc/response/", true, Said.RPC_RESPONSE, ""),
            new In(
                    "v1/devices/me/attributes/request/",
                    true,
                    Said.ATTRIBUTE_REQUEST,
                    "v1/devices/me/attributes/response/"),
            new In("v1/devices/me/rpc/request/", true, Said.CLIENT_RPC_REQUEST, "v1/devices/me/rpc/response/"),
            new In("v2/r/res/j/", true, Said.RPC_RESPONSE, ""),
            new In("v2/r/res/", true, Said.RPC_RESPONSE, ""),
            new In("v2/r/req/j/", true, Said.CLIENT_RPC_REQUEST, "v2/r/res/j/"),
            new In("v2/r/req/", true, Said.CLIENT_RPC_REQUEST, "v2/r/res/"),
            new In("v2/a/req/j/", true, Said.ATTRIBUTE_REQUEST, "v2/a/res/j/"),
            new In("v2/a/req/", true, Said.ATTRIBUTE_REQUEST, "v2/a/res/"));

    private static final List<Out> OUT = List.of(
            new Out(0, "v1/devices/me/rpc/request/+", Wants.RPC_REQUESTS, "v1/devices/me/rpc/request/"),
            new Out(1, "v1/devices/me/attributes", Wants.ATTRIBUTE_UPDATES, "v1/devices/me/attributes"),
            new Out(2, "v1/devices/me/attributes/response/+", Wants.RESPONSES, "v1/devices/me/attributes/response/"),
            new Out(3, "v1/devices/me/rpc/response/+", Wants.RESPONSES, "v1/devices/me/rpc/response/"),
            new Out(4, "v2/r/req/+", Wants.RPC_REQUESTS, "v2/r/req/"),
            new Out(5, "v2/r/req/j/+", Wants.RPC_REQUESTS, "v2/r/req/j/"),
            new Out(6, "v2/a", Wants.ATTRIBUTE_UPDATES, "v2/a"),
            new Out(7, "v2/a/j", Wants.ATTRIBUTE_UPDATES, "v2/a/j"),
            new Out(8, "v2/a/res/+", Wants.RESPONSES, "v2/a/res/"),
            new Out(9, "v2/a/res/j/+", Wants.RESPONSES, "v2/a/res/j/"),
            new Out(10, "v2/r/res/+", Wants.RESPONSES, "v2/r/res/"),
            new Out(11, "v2/r/res/j/+", Wants.RESPONSES, "v2/r/res/j/"));

    static final int OUT_ROWS = OUT.size();

    private static final Map<String, In> EXACT = new HashMap<>();
    private static final List<In> WITH_ID = IN.stream().filter(In::withId).toList();
    private static final Map<String, Out> FILTERS = new HashMap<>();
    private static final Map<String, Out> PUBLISH_TO = new HashMap<>();

    static {
        IN.stream().filter(in -> !in.withId()).forEach(in -> EXACT.put(in.text(), in));
        OUT.forEach(out -> {
            FILTERS.put(out.filter(), out);
            PUBLISH_TO.put(out.publishTo(), out);
        });
    }

    private Topics() {}

    /** The row of a topic that a device published to; null: unknown. The id is not checked. */
    static @Nullable Match in(String topic) {
        In exact = EXACT.get(topic);
        if (exact != null) {
            return new Match(exact, "");
        }
        for (In in : WITH_ID) {
            if (topic.startsWith(in.text())) {
                return new Match(in, topic.substring(in.text().length()));
            }
        }
        return null;
    }

    /** The row of a filter; null: refused. */
    static @Nullable Out out(String filter) {
        return FILTERS.get(filter);
    }

    /** The subscription that covers what is published to {@link Out#publishTo}. */
    static @Nullable Out covering(String publishTo) {
        return PUBLISH_TO.get(publishTo);
    }
}
