package io.signalbox.api;

import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.ArrayList;
import java.util.List;

/** Reads tables of text (RFC 4180). Pure. */
final class Csv {
    private static final char QUOTE = '"';
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final String text;
    private final char delimiter;
    private int at;
    private int line = 1;

    private Csv(String text, char delimiter) {
        this.text = text;
        this.delimiter = delimiter;
        this.at = !text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK ? 1 : 0;
    }

    /** @param line where it begins, from 1 */
    record Row(int line, List<String> values) {}

    /**
     * All rows but those of empty lines.
     *
     * @throws Rejected {@code BAD_REQUEST}: there are more than {@code rowsMax}, or quotes are not closed
     */
    static List<Row> rows(String text, char delimiter, int rowsMax) {
        Csv csv = new Csv(text, delimiter);
        List<Row> rows = new ArrayList<>();
        while (csv.at < text.length()) {
            Row row = csv.row();
            if (row.values().size() == 1 && row.values().getFirst().isBlank()) {
                continue;
            }
            if (rows.size() == rowsMax) {
                throw bad("The file has more than " + rowsMax + " rows");
            }
            rows.add(row);
        }
        return rows;
    }

    private Row row() {
        int first = line;
        List<String> values = new ArrayList<>();
        while (true) {
            values.add(value());
            if (at < text.length() && text.charAt(at) == delimiter) {
                at++;
                continue;
            }
            endLine();
            return new Row(first, values);
        }
    }

    private void endLine() {
        if (at < text.length() && text.charAt(at) == '\r') {
            at++;
        }
        if (at < text.length() && text.charAt(at) == '\n') {
            at++;
        }
        line++;
    }

    private String value() {
        if (at < text.length() && text.charAt(at) == QUOTE) {
            return quoted();
        }
        int from = at;
        while (at < text.length() && text.charAt(at) != delimiter && !isLineEnd(text.charAt(at))) {
            at++;
        }
        return text.substring(from, at).strip();
    }

    private String quoted() {
        int begin = line;
        StringBuilder value = new StringBuilder();
        at++;
        while (at < text.length()) {
            char c = text.charAt(at++);
            if (c == QUOTE && at < text.length() && text.charAt(at) == QUOTE) {
                at++;
            } else if (c == QUOTE) {
                refuseTextBehind(begin);
                return value.toString();
            } else if (c == '\n') {
                line++;
            }
            value.append(c);
        }
        throw bad("Line " + begin + ": a quotation mark is not closed");
    }

    private void refuseTextBehind(int begin) {
        if (at < text.length() && text.charAt(at) != delimiter && !isLineEnd(text.charAt(at))) {
            throw bad("Line " + begin + ": there is text behind a closing quotation mark");
        }
    }

    private static boolean isLineEnd(char c) {
        return c == '\r' || c == '\n';
    }

    private static Rejected bad(String why) {
        return new Rejected(ErrorCode.BAD_REQUEST, why);
    }
}
