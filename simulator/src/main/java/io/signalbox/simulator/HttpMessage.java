package io.signalbox.simulator;

import java.nio.charset.StandardCharsets;

/**
 * A view on one HTTP/1.1 request or response inside an array of received bytes. Like {@link MqttPacket} one instance
 * reads many: what it says holds until the next {@link #read}.
 *
 * <p>Bodies have a Content-Length or are chunked; one that ends with the connection is refused, since no server that
 * keeps connections alive sends it.
 */
final class HttpMessage {
    private static final int HEAD_BYTES_MAX = 64 * 1024;
    private static final int BODY_BYTES_MAX = 256 * 1024 * 1024;
    private static final byte[] CONTENT_LENGTH = ascii("content-length");
    private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding");
    private static final byte[] CONNECTION = ascii("connection");
    private static final byte[] CHUNKED = ascii("chunked");
    private static final byte[] CLOSE = ascii("close");
    private static final byte[] HTTP = ascii("http/1.");

    private byte[] bytes = {};
    private int lineFrom;
    private int lineTo;
    private byte[] body = {};
    private int bodyFrom;
    private int bodyTo;
    private boolean keepAlive;
    private boolean chunked;
    private long contentLength;

    /**
     * Reads the message that begins at {@code from}.
     *
     * @return its whole length, or 0 when bytes are missing before {@code to}
     * @throws MalformedMessage when it is not HTTP/1.1, or has no length
     */
    int read(byte[] array, int from, int to) {
        bytes = array;
        keepAlive = true;
        chunked = false;
        contentLength = -1;
        int at = readHead(from, to);
        if (at == 0) {
            return 0;
        }
        if (chunked) {
            return readChunks(from, at, to);
        }
        long length = Math.max(0, contentLength);
        if (contentLength < 0 && isResponse() && status() != 204 && status() != 304 && status() >= 200) {
            throw new MalformedMessage("HTTP response without a length");
        }
        if (to - at < length) {
            return 0;
        }
        body = array;
        bodyFrom = at;
        bodyTo = at + (int) length;
        return bodyTo - from;
    }

    /** Status of a response. */
    int status() {
        int at = lineFrom + 9;
        if (!isResponse() || lineTo < at + 3) {
            throw new MalformedMessage("HTTP status line: " + startLine());
        }
        return digit(at) * 100 + digit(at + 1) * 10 + digit(at + 2);
    }

    /** What stands after the last slash of a request's path, without its query. */
    String lastSegment() {
        int from = lineFrom;
        while (from < lineTo && bytes[from] != ' ') {
            from++;
        }
        int to = ++from;
        for (; to < lineTo && bytes[to] != ' ' && bytes[to] != '?'; to++) {
            if (bytes[to] == '/') {
                from = to + 1;
            }
        }
        if (from > to || to >= lineTo) {
            throw new MalformedMessage("HTTP request line: " + startLine());
        }
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }

    /** Whether the peer goes on with this connection. */
    boolean keepAlive() {
        return keepAlive;
    }

    byte[] body() {
        return body;
    }

    int bodyFrom() {
        return bodyFrom;
    }

    int bodyTo() {
        return bodyTo;
    }

    String bodyText() {
        return new String(body, bodyFrom, bodyTo - bodyFrom, StandardCharsets.UTF_8);
    }

    /** Reads start line and headers; returns where the body begins, or 0. */
    private int readHead(int from, int to) {
        int limit = Math.min(to, from + HEAD_BYTES_MAX);
        int line = from;
        for (int at = from; at < limit; at++) {
            if (bytes[at] != '\n') {
                continue;
            }
            int lineEnd = at > line && bytes[at - 1] == '\r' ? at - 1 : at;
            if (line == from) {
                lineFrom = from;
                lineTo = lineEnd;
            } else if (lineEnd == line) {
                return at + 1;
            } else {
                readHeader(line, lineEnd);
            }
            line = at + 1;
        }
        if (limit - from == HEAD_BYTES_MAX) {
            throw new MalformedMessage("HTTP head of more than " + HEAD_BYTES_MAX + " bytes");
        }
        return 0;
    }

    private void readHeader(int from, int to) {
        int first = bytes[from] | 0x20;
        if (first != 'c' && first != 't') {
            return;
        }
        if (isNamed(from, to, CONTENT_LENGTH)) {
            contentLength = decimal(value(from + CONTENT_LENGTH.length, to), to);
        } else if (isNamed(from, to, TRANSFER_ENCODING)) {
            chunked = startsWith(value(from + TRANSFER_ENCODING.length, to), to, CHUNKED);
        } else if (isNamed(from, to, CONNECTION)) {
            keepAlive = !startsWith(value(from + CONNECTION.length, to), to, CLOSE);
        }
    }

    private boolean isNamed(int from, int to, byte[] name) {
        return startsWith(from, to, name) && from + name.length < to && bytes[from + name.length] == ':';
    }

    /** Start of a header's value, given where its colon stands. */
    private int value(int colon, int to) {
        int at = colon + 1;
        while (at < to && bytes[at] == ' ') {
            at++;
        }
        return at;
    }

    /** Joins the chunks into a body of its own. RFC 9112 §7.1 */
    private int readChunks(int from, int first, int to) {
        Bytes joined = new Bytes(1024);
        int at = first;
        while (true) {
            int lineEnd = lineEnd(at, to);
            if (lineEnd < 0) {
                return 0;
            }
            int size = chunkSize(at, lineEnd);
            at = lineEnd + 1;
            if (size == 0) {
                int end = trailerEnd(at, to);
                if (end == 0) {
                    return 0;
                }
                body = joined.array();
                bodyFrom = joined.start();
                bodyTo = joined.end();
                return end - from;
            }
            if (to - at < size + 2) {
                return 0;
            }
            joined.put(bytes, at, size);
            at += size + 2;
        }
    }

    private int trailerEnd(int from, int to) {
        int at = from;
        while (true) {
            int lineEnd = lineEnd(at, to);
            if (lineEnd < 0) {
                return 0;
            }
            if (lineEnd - at <= 1) {
                return lineEnd + 1;
            }
            at = lineEnd + 1;
        }
    }

    private int chunkSize(int from, int to) {
        long size = 0;
        int at = from;
        for (; at < to && Character.digit(bytes[at], 16) >= 0; at++) {
            size = (size << 4) | Character.digit(bytes[at], 16);
            if (size > BODY_BYTES_MAX) {
                throw new MalformedMessage("HTTP chunk of more than " + BODY_BYTES_MAX + " bytes");
            }
        }
        if (at == from) {
            throw new MalformedMessage("HTTP chunk without a size");
        }
        return (int) size;
    }

    private int lineEnd(int from, int to) {
        for (int at = from; at < to; at++) {
            if (bytes[at] == '\n') {
                return at;
            }
        }
        return -1;
    }

    private boolean isResponse() {
        return startsWith(lineFrom, lineTo, HTTP);
    }

    /** Whether the bytes, taken as lower case, begin with {@code name}. */
    private boolean startsWith(int from, int to, byte[] name) {
        if (to - from < name.length) {
            return false;
        }
        for (int i = 0; i < name.length; i++) {
            int octet = bytes[from + i];
            if ((octet >= 'A' && octet <= 'Z' ? octet | 0x20 : octet) != name[i]) {
                return false;
            }
        }
        return true;
    }

    private long decimal(int from, int to) {
        long number = 0;
        int at = from;
        for (; at < to && bytes[at] >= '0' && bytes[at] <= '9' && number <= BODY_BYTES_MAX; at++) {
            number = number * 10 + bytes[at] - '0';
        }
        if (at == from || number > BODY_BYTES_MAX) {
            throw new MalformedMessage(
                    "HTTP Content-Length: " + new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
        }
        return number;
    }

    private int digit(int at) {
        int digit = bytes[at] - '0';
        if (digit < 0 || digit > 9) {
            throw new MalformedMessage("HTTP status line: " + startLine());
        }
        return digit;
    }

    /** Status line or request line. */
    String startLine() {
        return new String(bytes, lineFrom, lineTo - lineFrom, StandardCharsets.ISO_8859_1);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
