package io.signalbox.ops;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The JSON error object of the API (REST API §2). */
public final class ErrorBody {
    private ErrorBody() {}

    /**
     * {@code {"status":…,"message":…,"errorCode":…,"timestamp":…}} in UTF-8.
     *
     * @param timestamp epoch milliseconds
     */
    public static byte[] json(ErrorCode code, String message, long timestamp) {
        return json(code, message, Map.of(), timestamp);
    }

    /**
     * As {@link #json(ErrorCode, String, long)}, with more members.
     *
     * @param members texts and numbers by their names
     */
    public static byte[] json(ErrorCode code, String message, Map<String, Object> members, long timestamp) {
        StringBuilder out = new StringBuilder(message.length() + 80)
                .append("{\"status\":")
                .append(code.httpStatus())
                .append(",\"message\":");
        quote(out, message);
        out.append(",\"errorCode\":").append(code.number());
        members.forEach((name, value) -> {
            out.append(',');
            quote(out, name);
            out.append(':');
            if (value instanceof Number) {
                out.append(value);
            } else {
                quote(out, value.toString());
            }
        });
        out.append(",\"timestamp\":").append(timestamp).append('}');
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
