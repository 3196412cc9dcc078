package io.signalbox.ops;

import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Collectors;

/** Whether the process lives, and whether it can be sent work. Any thread. */
public final class Health {
    /** What a listener, or anything else that the server cannot do without, is up to. */
    public enum State {
        STARTING,
        ACCEPTING,
        /** Was there, and is not now: closed, or failed. */
        DOWN
    }

    /** An answer to a probe: {@code httpStatus} is 200 or 503, {@code text} one line for each part and one for the whole. */
    public record Report(int httpStatus, String text) {
        private static Report of(boolean isUp, String text) {
            return new Report(isUp ? 200 : 503, text);
        }
    }

    private record Part(State state, String remark) {}

    private final Map<String, Part> parts = new ConcurrentSkipListMap<>();
    private final InstantSource clock;

    public Health(InstantSource clock) {
        this.clock = clock;
    }

    /** A part that has to be {@link State#ACCEPTING} before the server is ready; its name is that of the metric tag: {@code mqtt}. */
    public void set(String part, State state) {
        parts.put(part, new Part(state, ""));
    }

    /** As {@link #set(String, State)}; the report says why, and since when. */
    public void set(String part, State state, String why) {
        String since = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        parts.put(part, new Part(state, ": " + why + " since " + since));
    }

    /** Up as long as somebody can ask. */
    public Report live() {
        return Report.of(true, "live\n");
    }

    /** Up when there are parts and all of them accept. */
    public Report ready() {
        Map<String, Part> now = Map.copyOf(parts);
        boolean isReady = !now.isEmpty() && now.values().stream().allMatch(part -> part.state() == State.ACCEPTING);
        String lines = now.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(part -> part.getKey() + " " + part.getValue().state()
                        + part.getValue().remark() + "\n")
                .collect(Collectors.joining());
        return Report.of(isReady, lines + (isReady ? "ready\n" : "not ready\n"));
    }
}
