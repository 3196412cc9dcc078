package io.signalbox.payload;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/** Whether bytes, as of a device's answer, are JSON. Any thread. */
public final class JsonValue {
    private static final int DEPTH_MAX = 200;

    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
            .disable(TokenStreamFactory.Feature.CHARSET_DETECTION) // positions are known in UTF-8 only
            .build();

    private JsonValue() {}

    /** How many bytes from the start are the first JSON value (server-side RPC §2.3: what follows it is ignored); -1: it is none. */
    public static int length(byte[] payload) {
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), payload)) {
            if (json.nextToken() == null) {
                return -1;
            }
            json.skipChildren();
            json.finishToken();
            int end = (int) json.currentLocation().getByteOffset();
            while (payload[end - 1] <= ' ') { // the end of a number is found behind the blank that ends it
                end--;
            }
            return end;
        } catch (JacksonException e) {
            return -1;
        }
    }
}
