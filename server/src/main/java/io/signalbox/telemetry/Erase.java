package io.signalbox.telemetry;

import java.util.List;

/**
 * Which readings are to be deleted: those of some keys with {@code startTs <= ts < endTs}.
 *
 * @param latest        whether the latest value goes when it lies in the range
 * @param rewriteLatest whether then the newest reading that is left takes its place
 */
public record Erase(List<String> keys, long startTs, long endTs, boolean latest, boolean rewriteLatest) {
    public Erase {
        keys = List.copyOf(keys);
    }
}
