package io.signalbox.audit;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Takes the values of some members out of JSON text, at any depth and whatever the case of their names: secrets that commands
 * carry. Also of text that was cut off in the middle. Pure; any thread.
 */
final class Mask {
    private static final String HIDDEN = "\"***\"";

    private final Set<String> names;

    Mask(Set<String> names) {
        this.names = names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toUnmodifiableSet());
    }

    /** Of these names, and more. */
    Mask with(List<String> more) {
        Set<String> all = new HashSet<>(names);
        all.addAll(more);
        return new Mask(all);
    }

    /** @param json valid but for a missing end; other text comes back somehow, never fails */
    String hide(String json) {
        if (names.isEmpty() || json.indexOf('"') < 0) {
            return json;
        }
        StringBuilder out = new StringBuilder(json.length());
        int kept = 0;
        int at = 0;
        while (at < json.length()) {
            if (json.charAt(at) != '"') {
                at++;
                continue;
            }
            int name = at;
            int end = stringEnd(json, at);
            at = blanksEnd(json, end);
            if (at < json.length() && json.charAt(at) == ':' && isHidden(json.substring(name + 1, end - 1))) {
                int value = blanksEnd(json, at + 1);
                out.append(json, kept, value).append(HIDDEN);
                kept = valueEnd(json, value);
                at = kept;
            }
        }
        return out.append(json, kept, json.length()).toString();
    }

    private boolean isHidden(String name) {
        return names.contains((name.indexOf('\\') < 0 ? name : unescaped(name)).toLowerCase(Locale.ROOT));
    }

    /** Of a JSON string, between its quotes. */
    private static String unescaped(String string) {
        StringBuilder out = new StringBuilder(string.length());
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            if (c != '\\' || i + 1 == string.length()) {
                out.append(c);
            } else if (string.charAt(i + 1) == 'u' && i + 5 < string.length()) {
                out.append((char) hex(string, i + 2));
                i += 5;
            } else {
                out.append(string.charAt(++i));
            }
        }
        return out.toString();
    }

    private static int hex(String string, int from) {
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            value = value * 16 + Math.max(0, Character.digit(string.charAt(i), 16));
        }
        return value;
    }

    /** Behind the string that begins here. */
    private static int stringEnd(String json, int from) {
        int i = from + 1;
        while (i < json.length() && json.charAt(i) != '"') {
            i += json.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(i + 1, json.length());
    }

    private static int blanksEnd(String json, int from) {
        int i = from;
        while (i < json.length() && json.charAt(i) <= ' ') {
            i++;
        }
        return i;
    }

    /** Behind the value that begins here. */
    private static int valueEnd(String json, int from) {
        int depth = 0;
        int i = from;
        while (i < json.length()) {
            char c = json.charAt(i);
            if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
                return i;
            }
            if (c == '{' || c == '[') {
                depth++;
            } else if (c == '}' || c == ']') {
                depth--;
            }
            i = c == '"' ? stringEnd(json, i) : i + 1;
        }
        return i;
    }
}
