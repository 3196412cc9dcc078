package io.signalbox.rpc;

import io.signalbox.payload.JsonValue;
import io.signalbox.payload.PayloadJson;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What a record keeps of a device's answer or a transport's error (server-side RPC §6.3). Pure. */
final class ReplyText {
    private ReplyText() {}

    /** The answer as JSON text: itself if it is JSON, else as the text of an error; null when it is empty. */
    static @Nullable String answer(byte[] payload) {
        if (payload.length == 0) {
            return null;
        }
        int length = JsonValue.length(payload);
        return length < 0
                ? asError(new String(payload, StandardCharsets.UTF_8))
                : new String(payload, 0, length, StandardCharsets.UTF_8);
    }

    /** A transport's error: itself if it is JSON, else as the text of an error. */
    static String error(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return JsonValue.length(bytes) == bytes.length ? text : asError(text);
    }

    private static String asError(String text) {
        return new String(PayloadJson.error(text), StandardCharsets.UTF_8);
    }
}
