package io.signalbox.simulator;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the output of {@code strace -f -x -y} line by line and decides, for messages that came one at a time, whether
 * each was received, written to the store's log, synced there, and only then acknowledged.
 */
final class SyncTrace {
    private static final Pattern CALL = Pattern.compile(
            "(?<pid>\\d+) +(?:(?<name>\\w+)\\((?<args>.*)|<\\.\\.\\. (?<resumed>\\w+) resumed>(?<rest>.*))");
    private static final String TOPIC = hex("v1/devices/me/telemetry");
    private static final String PUBACK = "\"\\x40\\x02";

    /** How far the message that is under way has come. */
    private enum Stage {
        NONE,
        RECEIVED,
        WRITTEN,
        SYNCED
    }

    private final String file;
    private final Map<String, String> unfinished = new HashMap<>();
    private Stage stage = Stage.NONE;
    private int synced;
    private int early;

    /** @param file end of the name of the file that must be synced */
    SyncTrace(String file) {
        this.file = file;
    }

    /** PUBACKs that went out after the sync of their message. */
    int synced() {
        return synced;
    }

    /** PUBACKs that went out before. */
    int early() {
        return early;
    }

    void line(String line) {
        Matcher call = CALL.matcher(line);
        if (!call.matches()) {
            return;
        }
        String pid = call.group("pid");
        if (call.group("name") == null) {
            String begun = unfinished.remove(pid);
            if (begun != null) {
                ended(call.group("resumed"), begun + call.group("rest"));
            }
            return;
        }
        String arguments = call.group("args");
        begun(call.group("name"), arguments);
        if (arguments.endsWith("<unfinished ...>")) {
            unfinished.put(pid, arguments);
        } else {
            ended(call.group("name"), arguments);
        }
    }

    /** What counts when the kernel is asked for it: the acknowledgement. */
    private void begun(String name, String arguments) {
        if (isWrite(name) && arguments.contains(PUBACK) && stage != Stage.NONE) {
            if (stage == Stage.SYNCED) {
                synced++;
            } else {
                early++;
            }
            stage = Stage.NONE;
        }
    }

    /** What counts when the kernel has done it. */
    private void ended(String name, String text) {
        if ((name.startsWith("read") || name.startsWith("recv")) && text.contains(TOPIC)) {
            stage = Stage.RECEIVED;
        } else if (isWrite(name) && isFile(text) && stage == Stage.RECEIVED) {
            stage = Stage.WRITTEN;
        } else if ((name.equals("fdatasync") || name.equals("fsync"))
                && isFile(text)
                && text.endsWith("= 0")
                && stage == Stage.WRITTEN) {
            stage = Stage.SYNCED;
        }
    }

    private boolean isFile(String text) {
        return text.contains(file + ">");
    }

    private static boolean isWrite(String name) {
        return name.contains("write") || name.startsWith("send");
    }

    private static String hex(String text) {
        StringBuilder hex = new StringBuilder();
        for (byte octet : text.getBytes(StandardCharsets.US_ASCII)) {
            hex.append("\\x%02x".formatted(octet));
        }
        return hex.toString();
    }
}
