package io.signalbox.ops;

import java.nio.charset.StandardCharsets;

/** The JSON error object of the API (REST API §2). */
public final class ErrorBody {
    private ErrorBody() {}

    /** As {@link #json(ErrorCode, String, long, String)}, with the usual members. */
    public static byte[] json(ErrorCode code, String message, long timestamp) {
        return json(code, message, timestamp, "");
    }

    /**
     * {@code {"status":…,"message":…,"errorCode":…,"timestamp":…}} in UTF-8.
     *
     * @param timestamp epoch milliseconds
     * @param members   as {@link Rejected#members}
     */
    public static byte[] json(ErrorCode code, String message, long timestamp, String members) {
        StringBuilder out = new StringBuilder(message.length() + 80)
                .append("{\"status\":")
                .append(code.httpStatus())
                .append(",\"message\":\"");
        for (int i = 0; i < message.length(); i++) {
            char c = message.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append("\",\"errorCode\":")
                .append(code.number())
                .append(",\"timestamp\":")
                .append(timestamp)
                .append(members.isEmpty() ? "" : "," + members)
                .append('}');
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }
}
