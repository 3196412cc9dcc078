package io.signalbox.ops;

import java.nio.charset.StandardCharsets;

/** The JSON error object of the API (REST API §2). */
public final class ErrorBody {
    private ErrorBody() {}

    /**
     * {@code {"status":…,"message":…,"errorCode":…,"timestamp":…}} in UTF-8.
     *
     * @param timestamp epoch milliseconds
     */
    public static byte[] json(ErrorCode code, String message, long timestamp) {
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
                .append('}');
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }
}
