package io.signalbox.payload;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.payload.MalformedPayload.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON that devices and their REST twins send (HTTP device API §3.1 to §3.3, MQTT device API §7), straight from
 * bytes to readings, without a tree in between. Any thread; never blocks; time and memory grow with the body only.
 *
 * <p>More is accepted than JSON allows: names and strings without quotes or in single quotes; comments ({@code //},
 * {@code #}, C style); {@code =} or {@code =>} for a colon and {@code ;} for a comma; a byte order mark; the prefix
 * {@code )]}'}. Of members with the same name the last one counts. Nothing at all means {@code null}. Behind the value only
 * blanks and comments may follow. What does not fit fails with {@link MalformedPayload}, and so does a body that is no
 * UTF-8, or holds the character NUL, half of a surrogate pair, or more than the limits below.
 */
public final class LenientJson {
    /** Objects and arrays in each other. */
    public static final int DEPTH_MAX = 200;

    /** Values that one body may bring. */
    public static final int READINGS_MAX = 10_000;

    /** Members and elements that all nested objects and arrays of one body may have together. */
    public static final int NESTED_MAX = 200_000;

    private static final int QUOTED_CHARS_MAX = 100;
    private static final int FEW_MEMBERS = 16;
    private static final byte[] PREFIX = {')', ']', '}', '\'', '\n'};
    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final int END = -1;
    private static final Value TRUE = new Value.Flag(true);
    private static final Value FALSE = new Value.Flag(false);

    /** What the sender may do, and how it is told: devices hear the bare reason, REST callers the wording of their API. */
    private enum Sender {
        DEVICE,
        REST_TELEMETRY,
        REST_ATTRIBUTES
    }

    private final byte[] in;
    private final Sender sender;
    private final List<Reading> readings = new ArrayList<>();
    private Map<String, Integer> index = Map.of(); // key to position, once an object has more than a few members
    private int at;
    private int depth;
    private int nested;

    private LenientJson(byte[] in, Sender sender) {
        this.in = in;
        this.sender = sender;
        if (!Utf8.isText(in)) {
            throw new MalformedPayload("Invalid JSON: not UTF-8, or with the character NUL", Kind.SYNTAX);
        }
        if (startsWith(BYTE_ORDER_MARK)) {
            at += BYTE_ORDER_MARK.length;
        }
        if (token() == ')' && startsWith(PREFIX)) {
            at += PREFIX.length;
        }
    }

    /**
     * The points of a device's telemetry: an object of values, {@code {"ts":…,"values":{…}}}, or an array of both. A value
     * {@code null} is skipped; the result may be empty.
     *
     * @param ts the time of points that bring none, in epoch milliseconds
     */
    public static List<Reading> telemetry(byte[] body, long ts) {
        return new LenientJson(body, Sender.DEVICE).telemetry(ts);
    }

    /** The attributes in an object {@code {"key":value,…}} of a device. A value {@code null} is skipped; the result may be empty. */
    public static List<Reading> attributes(byte[] body, long ts) {
        return new LenientJson(body, Sender.DEVICE).attributes(ts);
    }

    /**
     * As {@link #telemetry}, for the body of a REST call (Telemetry API A5, A6): at least one point, no {@code null}, no blank
     * key. The message of the failure is the text of the 400.
     */
    public static List<Reading> restTelemetry(byte[] body, long ts) {
        List<Reading> readings;
        try {
            readings = new LenientJson(body, Sender.REST_TELEMETRY).telemetry(ts);
        } catch (MalformedPayload e) {
            throw switch (e.kind()) {
                case SYNTAX -> new MalformedPayload("Unable to parse time series payload: Invalid JSON body!");
                case SHAPE ->
                    new MalformedPayload("Unable to parse time series payload. Invalid JSON body: " + e.text());
                case KEY -> e;
            };
        }
        if (readings.isEmpty()) {
            throw new MalformedPayload("No time series data found in request body!");
        }
        return readings;
    }

    /**
     * As {@link #attributes}, for the body of a REST call (Telemetry API A3, A6): at least one attribute, no {@code null}, no
     * blank key. The message of the failure is the text of the 400.
     */
    public static List<Reading> restAttributes(byte[] body, long ts) {
        List<Reading> readings;
        try {
            readings = new LenientJson(body, Sender.REST_ATTRIBUTES).attributes(ts);
        } catch (MalformedPayload e) {
            throw e.kind() == Kind.SYNTAX ? new MalformedPayload("Invalid JSON") : e;
        }
        if (readings.isEmpty()) {
            throw new MalformedPayload("No attributes data found in request body!");
        }
        return readings;
    }

    /** A device's request for attributes, {@code {"clientKeys":"a,b","sharedKeys":"c"}}; other members are ignored. */
    public static AttributeRequest attributeRequest(byte[] body) {
        return new LenientJson(body, Sender.DEVICE).attributeRequest();
    }

    /** At most {@value #QUOTED_CHARS_MAX} characters of something that a message quotes. */
    static String shortened(String text) {
        return text.length() <= QUOTED_CHARS_MAX ? text : text.substring(0, QUOTED_CHARS_MAX) + "…";
    }

    // ---- documents

    private List<Reading> telemetry(long ts) {
        int c = token();
        if (c == '{') {
            record(ts);
        } else if (c == '[') {
            records(ts);
        } else {
            throw wrongDocument();
        }
        end();
        return Collections.unmodifiableList(readings);
    }

    private List<Reading> attributes(long ts) {
        if (token() != '{') {
            throw wrongDocument();
        }
        values(ts);
        end();
        return Collections.unmodifiableList(readings);
    }

    private AttributeRequest attributeRequest() {
        if (token() != '{') {
            throw wrongDocument();
        }
        Optional<List<String>> clientKeys = Optional.empty();
        Optional<List<String>> sharedKeys = Optional.empty();
        enter();
        for (boolean first = true; nextMember(first); first = false) {
            switch (name()) {
                case "clientKeys" -> clientKeys = Optional.of(keys());
                case "sharedKeys" -> sharedKeys = Optional.of(keys());
                default -> skip();
            }
        }
        leave();
        end();
        return new AttributeRequest(clientKeys, sharedKeys);
    }

    /** Keys in one string, with commas between them; blanks are part of a key. */
    private List<String> keys() {
        int from = at;
        int c = token();
        String text;
        if (c == '"' || c == '\'') {
            at++;
            text = string(c);
        } else {
            text = c == '{' || c == '[' ? "" : literal();
            if (text.isEmpty() || text.equalsIgnoreCase("null")) {
                at = from;
                throw cannotParse();
            }
        }
        return Arrays.stream(text.split(",", -1)).filter(key -> !key.isEmpty()).toList();
    }

    /** Elements of an array, each an object. */
    private void records(long ts) {
        enter();
        for (boolean first = true; nextElement(first); first = false) {
            if (token() != '{') {
                throw cannotParse();
            }
            record(ts);
        }
        leave();
    }

    /**
     * An object of values, or one with {@code ts} and {@code values}. Which of the two shows at its end only, so both members
     * are kept as positions, and read once that is known.
     */
    private void record(long ts) {
        int start = beginRecord();
        int tsAt = END;
        int valuesAt = END;
        enter();
        for (boolean first = true; nextMember(first); first = false) {
            String name = name();
            if (name.equals("ts")) {
                tsAt = at;
                skip();
            } else if (name.equals("values")) {
                valuesAt = at;
                skip();
            } else {
                reading(start, name, ts);
            }
        }
        leave();
        int behind = at;
        if (tsAt >= 0 && valuesAt >= 0) {
            readings.subList(start, readings.size()).clear(); // other members are ignored
            at = tsAt;
            long time = time();
            at = valuesAt;
            if (token() != '{') {
                throw cannotParse();
            }
            values(time);
        } else if (tsAt >= 0) {
            at = tsAt;
            reading(start, "ts", ts);
        } else if (valuesAt >= 0) {
            at = valuesAt;
            reading(start, "values", ts);
        }
        at = behind;
    }

    /** All members of an object, as readings of one time. */
    private void values(long ts) {
        int start = beginRecord();
        enter();
        for (boolean first = true; nextMember(first); first = false) {
            reading(start, name(), ts);
        }
        leave();
    }

    /** Where the readings of the object that is next begin. */
    private int beginRecord() {
        index = Map.of();
        return readings.size();
    }

    /** Epoch milliseconds: a number, whose fraction is cut off, or a string that holds an integer. */
    private long time() {
        int from = at;
        int c = token();
        boolean quoted = c == '"' || c == '\'';
        if (c != '{' && c != '[') {
            if (quoted) {
                at++;
            }
            byte[] text = (quoted ? string(c) : literal()).getBytes(UTF_8);
            Value number = Numbers.value(text, 0, text.length, !quoted);
            if (number instanceof Value.Whole(long time)) {
                return time;
            }
            if (!quoted && number instanceof Value.Decimal(double time) && Math.abs(time) < Long.MAX_VALUE) {
                return (long) time;
            }
        }
        at = from;
        throw cannotParse();
    }

    // ---- readings

    /** Member {@code key} of the object whose readings begin at {@code start}; its value is next. */
    private void reading(int start, String key, long ts) {
        check(key);
        Value value = value();
        int older = indexOf(start, key);
        if (value == null) {
            if (sender != Sender.DEVICE) {
                throw new MalformedPayload("Can't parse value: null");
            }
            if (older >= 0) {
                remove(start, older);
            }
        } else if (older >= 0) {
            readings.set(older, new Reading(key, value, ts));
        } else {
            if (readings.size() == READINGS_MAX) {
                throw new MalformedPayload("more than " + READINGS_MAX + " values in one message");
            }
            readings.add(new Reading(key, value, ts));
            if (!index.isEmpty()) {
                index.put(key, readings.size() - 1);
            }
        }
    }

    private void check(String key) {
        if (sender == Sender.DEVICE) {
            return; // Reading has its say
        }
        if (key.isBlank()) {
            throw new MalformedPayload(
                    sender == Sender.REST_TELEMETRY ? "Key can't be null or empty" : "Key cannot be blank", Kind.KEY);
        }
        if (key.length() > Reading.KEY_CHARS_MAX) {
            throw new MalformedPayload(
                    "Validation error: key length must be equal or less than " + Reading.KEY_CHARS_MAX, Kind.KEY);
        }
    }

    /** Where the reading with this key stands, of those from {@code start} on; -1: nowhere. */
    private int indexOf(int start, String key) {
        if (readings.size() - start > FEW_MEMBERS) {
            if (index.isEmpty()) {
                index = new HashMap<>();
                for (int i = start; i < readings.size(); i++) {
                    index.put(readings.get(i).key(), i);
                }
            }
            return index.getOrDefault(key, -1);
        }
        for (int i = start; i < readings.size(); i++) {
            if (readings.get(i).key().equals(key)) {
                return i;
            }
        }
        return -1;
    }

    /** Takes a reading out of those from {@code start} on, and fills the gap with the last one. */
    private void remove(int start, int position) {
        if (!index.isEmpty()) {
            index.remove(readings.get(position).key());
        }
        Reading last = readings.removeLast();
        if (position < readings.size()) {
            readings.set(position, last);
            if (!index.isEmpty()) {
                index.put(last.key(), position);
            }
        }
        if (readings.size() - start <= FEW_MEMBERS) {
            index = Map.of();
        }
    }

    /** The value that is next; null for the literal {@code null}. */
    private @Nullable Value value() {
        int c = token();
        return switch (c) {
            case '"', '\'' -> {
                at++;
                yield quoted(c);
            }
            case '{', '[' -> {
                JsonBytes json = new JsonBytes(64);
                copy(json);
                yield new Value.Json(json.toString());
            }
            default -> bare();
        };
    }

    /** A word without quotes; null for {@code null}. */
    private @Nullable Value bare() {
        int from = at;
        skipLiteral();
        if (isWord("null", from)) {
            return null;
        }
        if (isWord("true", from)) {
            return TRUE;
        }
        if (isWord("false", from)) {
            return FALSE;
        }
        Value number = Numbers.value(in, from, at, true);
        return number == null ? new Value.Text(new String(in, from, at - from, UTF_8)) : number;
    }

    /** A quoted string, which is a number when it looks like one. */
    private Value quoted(int quote) {
        int from = at;
        String text = string(quote);
        Value number;
        if (at - 1 - from == text.length()) {
            number = Numbers.value(in, from, at - 1, false);
        } else { // escapes, or more than ASCII: what looks like a number is what they stand for
            byte[] utf8 = text.getBytes(UTF_8);
            number = Numbers.value(utf8, 0, utf8.length, false);
        }
        return number == null ? new Value.Text(text) : number;
    }

    // ---- nested values, as compact strict JSON

    private void copy(JsonBytes out) {
        int c = token();
        switch (c) {
            case '{' -> copyObject(out);
            case '[' -> copyArray(out);
            case '"', '\'' -> {
                at++;
                out.string(string(c));
            }
            default -> copyBare(out);
        }
    }

    private void copyBare(JsonBytes out) {
        int from = at;
        skipLiteral();
        if (isWord("null", from)) {
            out.raw("null");
        } else if (isWord("true", from)) {
            out.raw("true");
        } else if (isWord("false", from)) {
            out.raw("false");
        } else if (Numbers.isJson(in, from, at)) {
            out.put(in, from, at);
        } else {
            out.string(new String(in, from, at - from, UTF_8));
        }
    }

    private void copyArray(JsonBytes out) {
        enter();
        out.put('[');
        for (boolean first = true; nextElement(first); first = false) {
            countNested();
            if (!first) {
                out.put(',');
            }
            if (isLeftOut()) {
                out.raw("null");
            } else {
                copy(out);
            }
        }
        leave();
        out.put(']');
    }

    private void copyObject(JsonBytes out) {
        enter();
        out.put('{');
        int start = out.size();
        Map<String, int[]> members = new LinkedHashMap<>(); // from and to, in out
        boolean isRepeated = false;
        for (boolean first = true; nextMember(first); first = false) {
            countNested();
            if (!first) {
                out.put(',');
            }
            int from = out.size();
            String name = name();
            out.string(name).put(':');
            copy(out);
            isRepeated |= members.put(name, new int[] {from, out.size()}) != null;
        }
        if (isRepeated) {
            keepLast(out, start, members.values());
        }
        leave();
        out.put('}');
    }

    /** Writes an object's members again, from {@code start} on, without those that a later one of the same name replaced. */
    private static void keepLast(JsonBytes out, int start, Iterable<int[]> members) {
        byte[] all = out.toBytes(start);
        out.cut(start);
        for (int[] member : members) {
            if (out.size() > start) {
                out.put(',');
            }
            out.put(all, member[0] - start, member[1] - start);
        }
    }

    private void countNested() {
        if (++nested > NESTED_MAX) {
            throw malformed("more than " + NESTED_MAX + " members and elements in nested values");
        }
    }

    /** Passes over a value that is read later, or never. */
    private void skip() {
        int c = token();
        switch (c) {
            case '{' -> {
                enter();
                for (boolean first = true; nextMember(first); first = false) {
                    skipName();
                    skip();
                }
                leave();
            }
            case '[' -> {
                enter();
                for (boolean first = true; nextElement(first); first = false) {
                    if (!isLeftOut()) {
                        skip();
                    }
                }
                leave();
            }
            case '"', '\'' -> {
                at++;
                skipString(c);
            }
            default -> skipLiteral();
        }
    }

    // ---- structure

    /** Opens the object or array whose bracket is next. */
    private void enter() {
        if (++depth > DEPTH_MAX) {
            throw malformed("nested deeper than " + DEPTH_MAX);
        }
        at++;
    }

    private void leave() {
        depth--;
    }

    /** Moves to the next name of an object; false: moved behind its end. */
    private boolean nextMember(boolean isFirst) {
        int c = token();
        if (c == '}') {
            at++;
            return false;
        }
        if (!isFirst) {
            if (c != ',' && c != ';') {
                throw syntax("expected ',' or '}'");
            }
            at++;
            token();
        }
        return true;
    }

    /** Moves to the next element of an array; false: moved behind its end. */
    private boolean nextElement(boolean isFirst) {
        int c = token();
        if (c == ']') {
            at++;
            return false;
        }
        if (!isFirst) {
            if (c != ',' && c != ';') {
                throw syntax("expected ',' or ']'");
            }
            at++;
            token();
        }
        return true;
    }

    /** Whether an element of an array has no text at all, as in {@code [1,,2]} and {@code [1,]}: it counts as null. */
    private boolean isLeftOut() {
        int c = token();
        return c == ',' || c == ';' || c == ']';
    }

    /** Reads a member's name and what stands between it and the value. */
    private String name() {
        int c = token();
        String name;
        if (c == '"' || c == '\'') {
            at++;
            name = string(c);
        } else {
            name = literal();
        }
        separator();
        return name;
    }

    private void skipName() {
        int c = token();
        if (c == '"' || c == '\'') {
            at++;
            skipString(c);
        } else {
            skipLiteral();
        }
        separator();
    }

    private void separator() {
        int c = token();
        if (c != ':' && c != '=') {
            throw syntax("expected ':'");
        }
        at++;
        if (c == '=' && at < in.length && in[at] == '>') {
            at++;
        }
    }

    /** Only blanks and comments may be left. */
    private void end() {
        if (token() != END) {
            throw syntax("data behind the end");
        }
    }

    /** The failure of a document whose value is of the wrong kind. */
    private MalformedPayload wrongDocument() {
        MalformedPayload failure = cannotParse();
        end();
        return sender == Sender.REST_ATTRIBUTES ? malformed("Request is not a JSON object") : failure;
    }

    /** The failure of the value that is next, which is passed. */
    private MalformedPayload cannotParse() {
        JsonBytes json = new JsonBytes(64);
        if (token() == END || isLeftOut()) {
            json.raw("null");
        } else {
            copy(json);
        }
        return malformed("Can't parse value: " + shortened(json.toString()));
    }

    // ---- tokens

    /** The byte that starts the next token, not yet consumed, or {@link #END}. Moves over blanks and comments. */
    private int token() {
        while (at < in.length) {
            int c = in[at];
            if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
                at++;
            } else if (c == '#') {
                skipLine();
            } else if (c != '/' || !skipComment()) {
                return c & 0xFF;
            }
        }
        return END;
    }

    private boolean skipComment() {
        int kind = at + 1 < in.length ? in[at + 1] : END;
        if (kind == '/') {
            skipLine();
            return true;
        }
        if (kind != '*') {
            return false;
        }
        for (int i = at + 2; i + 1 < in.length; i++) {
            if (in[i] == '*' && in[i + 1] == '/') {
                at = i + 2;
                return true;
            }
        }
        throw syntax("comment without an end");
    }

    private void skipLine() {
        while (at < in.length && in[at] != '\n' && in[at] != '\r') {
            at++;
        }
    }

    /** The string whose opening quote was just passed. */
    private String string(int quote) {
        int from = at;
        while (at < in.length) {
            int c = in[at];
            if (c == quote) {
                return new String(in, from, at++ - from, UTF_8);
            }
            if (c == '\\') {
                return escapedString(from, quote);
            }
            at++;
        }
        throw syntax("string without an end");
    }

    private String escapedString(int from, int quote) {
        StringBuilder text = new StringBuilder();
        int plain = from;
        while (at < in.length) {
            int c = in[at];
            if (c == quote) {
                text.append(new String(in, plain, at++ - plain, UTF_8));
                return wholeCharacters(text.toString());
            }
            if (c == '\\') {
                text.append(new String(in, plain, at++ - plain, UTF_8)).append(escape());
                plain = at;
            } else {
                at++;
            }
        }
        throw syntax("string without an end");
    }

    /** The character that is escaped; the backslash was just passed. */
    private char escape() {
        int c = at < in.length ? in[at++] : END;
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case '"', '\'', '\\', '/', '\n' -> (char) c;
            case 'u' -> unicode();
            default -> throw syntax("unknown escape");
        };
    }

    private char unicode() {
        if (in.length - at < 4) {
            throw syntax("unknown escape");
        }
        int code = 0;
        for (int end = at + 4; at < end; at++) {
            int digit = Character.digit(in[at], 16); // a byte that is not ASCII is negative, and no digit
            if (digit < 0) {
                throw syntax("unknown escape");
            }
            code = (code << 4) | digit;
        }
        return (char) code;
    }

    /** Escapes can spell what the bytes were searched for already. */
    private String wholeCharacters(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean isPair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (isPair) {
                i++;
            } else if (c == 0 || Character.isSurrogate(c)) {
                throw malformed("a string holds NUL or half of a surrogate pair");
            }
        }
        return text;
    }

    private void skipString(int quote) {
        while (at < in.length) {
            int c = in[at++];
            if (c == quote) {
                return;
            }
            if (c == '\\') {
                at++;
            }
        }
        throw syntax("string without an end");
    }

    private String literal() {
        int from = at;
        skipLiteral();
        return new String(in, from, at - from, UTF_8);
    }

    /** Moves to the end of a word without quotes, of one character at least. */
    private void skipLiteral() {
        int from = at;
        while (at < in.length && isLiteral(in[at])) {
            at++;
        }
        if (at == from) {
            throw syntax(at < in.length ? "expected a name or a value" : "ends too early");
        }
    }

    private static boolean isLiteral(byte c) {
        return switch (c) {
            case '/', '\\', ';', '#', '=', '{', '}', '[', ']', ':', ',', ' ', '\t', '\f', '\r', '\n' -> false;
            default -> true;
        };
    }

    /** Whether the literal that was just passed is {@code word}, in lower or upper case. */
    private boolean isWord(String word, int from) {
        if (at - from != word.length()) {
            return false;
        }
        for (int i = 0; i < word.length(); i++) {
            if ((in[from + i] | 0x20) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private boolean startsWith(byte[] text) {
        return in.length - at >= text.length && Arrays.equals(in, at, at + text.length, text, 0, text.length);
    }

    private MalformedPayload syntax(String what) {
        return new MalformedPayload("Invalid JSON at byte " + Math.min(at, in.length) + ": " + what, Kind.SYNTAX);
    }

    private static MalformedPayload malformed(String what) {
        return new MalformedPayload(what);
    }
}
