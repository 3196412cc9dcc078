package io.signalbox.simulator;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Callers of devices that never answer, each with one call at a time and a deadline of its own, kept to the millisecond.
 * Every one of them has to hear of its deadline, once, and then. Times are of the last round of calls.
 *
 * <p>The loop's thread only.
 */
final class SilentCalls {
    /** Answers that are later than this count as missing. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    /** Time in which a second answer would come. */
    private static final Duration AFTERMATH = Duration.ofSeconds(1);
    /** An answer may be so much early: deadlines are whole milliseconds. */
    private static final Duration EARLY_MAX = Duration.ofMillis(1);

    /**
     * @param rate calls per second, so that a deadline is not blurred by the calls that were sent with it
     * @param shortestMillis the least time that a call gives its device
     * @param longestMillis the most
     */
    record Settings(int callers, double rate, int shortestMillis, int longestMillis, long seed) {}

    private final Loop loop;
    private final Target target;
    private final Settings settings;
    private final List<Caller> callers = new ArrayList<>();
    private final HttpMessage response = new HttpMessage();
    private final String authorization;
    private final Histogram late = new Histogram();
    private final Histogram early = new Histogram();
    private final TreeMap<String, Long> answers = new TreeMap<>();
    private @Nullable Pace pace;
    private int connectedCount;
    private int roundCount;
    private int calledCount;
    private int answeredCount;
    private int missingCount;
    private int twiceCount;

    /** @param devices called in turn */
    SilentCalls(Loop loop, Target target, Settings settings, List<Device> devices, String authorization) {
        this.loop = loop;
        this.target = target;
        this.settings = settings;
        this.authorization = authorization;
        SplittableRandom random = new SplittableRandom(settings.seed());
        for (int i = 0; i < settings.callers(); i++) {
            int millis = random.nextInt(settings.shortestMillis(), settings.longestMillis() + 1);
            callers.add(new Caller(devices.get(i % devices.size()), i, millis));
        }
    }

    /** Connects all callers. */
    void open() {
        // in steps, so that the server's accept queue never overflows
        for (int i = 0; i < callers.size(); i++) {
            loop.connect(callers.get(i), target.http(), null);
            int opened = i + 1;
            if (opened % 256 == 0 || opened == callers.size()) {
                if (!loop.runUntil(() -> connectedCount == opened, Duration.ofSeconds(30))) {
                    throw new SimulationFailed("only " + connectedCount + " of " + callers.size()
                            + " callers connected to HTTP at " + Target.text(target.http()));
                }
            }
        }
    }

    /** All call, each with the deadline that it has in every round. */
    void call() {
        roundCount++;
        calledCount = 0;
        answeredCount = 0;
        late.clear();
        early.clear();
        Pace calls = new Pace(settings.rate());
        pace = calls;
        calls.start(System.nanoTime());
        Runnable starts = this::start;
        loop.eachPass(starts);
        try (var _ = loop.beat(calls.beat())) {
            Duration limit = Duration.ofMillis(10_000 + (long) (callers.size() * 1_000.0 / settings.rate()));
            if (!loop.runUntil(() -> calledCount == callers.size(), limit)) {
                throw new SimulationFailed("this machine is too slow for --rate " + settings.rate());
            }
        }
        loop.noLongerEachPass(starts);
    }

    private void start() {
        long now = System.nanoTime();
        while (pace != null && calledCount < callers.size() && pace.isDue(now)) {
            pace.take();
            callers.get(calledCount++).call();
        }
    }

    /** Until each has its answer, or should have had it, and long enough for a second one. */
    void await() {
        loop.runUntil(() -> answeredCount == callers.size(), PATIENCE.plusMillis(settings.longestMillis()));
        loop.runFor(AFTERMATH);
        missingCount += callers.size() - answeredCount;
    }

    void close() {
        callers.forEach(Connection::close);
    }

    /** Whether each call was answered once, with its deadline, and not before. */
    boolean isRight() {
        return twiceCount == 0
                && early.max() <= EARLY_MAX.toNanos()
                && answers.getOrDefault("HTTP 504", 0L) == roundCount * (long) callers.size();
    }

    void report(Report report) {
        report.add("callers", "callers", (double) callers.size(), "%,.0f");
        report.add("answers", "answers", answers);
        report.add("missing", "not answered", (double) missingCount, "%,.0f");
        report.add("twice", "answered twice", (double) twiceCount, "%,.0f");
        report.add("early", "before the deadline", (double) early.count(), "%,.0f");
        report.add("earlyMaxMs", "at most", early.max() / 1e6, "%.3f ms early");
        report.add("lateP50Ms", "behind the deadline, p50", late.percentileMillis(50), "%.3f ms");
        report.add("lateP99Ms", "behind the deadline, p99", late.percentileMillis(99), "%.3f ms");
        report.add("lateMaxMs", "behind the deadline, max", late.max() / 1e6, "%.3f ms");
    }

    /** A connection with one call. */
    private final class Caller extends Connection {
        private final Device device;
        private final int number;
        private final int millis;
        private long sent;
        private boolean isWaiting;

        Caller(Device device, int number, int millis) {
            this.device = device;
            this.number = number;
            this.millis = millis;
        }

        void call() {
            byte[] body = "{\"method\":\"getValue\",\"params\":{\"n\":%d},\"timeout\":%d}"
                    .formatted(number, millis)
                    .getBytes(StandardCharsets.US_ASCII);
            output().put("POST /api/rpc/twoway/")
                    .put(device.id())
                    .put(" HTTP/1.1\r\nHost: ")
                    .put(Target.text(target.http()))
                    .put("\r\nX-Authorization: ")
                    .put(authorization)
                    .put("\r\nPrefer: exact-timeout\r\nContent-Type: application/json\r\nContent-Length: ")
                    .putDecimal(body.length)
                    .put("\r\n\r\n")
                    .put(body);
            isWaiting = true;
            sent = System.nanoTime();
        }

        @Override
        void opened() {
            connectedCount++;
        }

        @Override
        int received(byte[] bytes, int from, int to) {
            int at = from;
            while (at < to) { // more than one answer in a piece is a mistake that has to be seen
                int length = response.read(bytes, at, to);
                if (length == 0) {
                    break;
                }
                at += length;
                answered();
            }
            return at;
        }

        private void answered() {
            if (!isWaiting) {
                twiceCount++;
                return;
            }
            ended("HTTP " + response.status());
            long behind = System.nanoTime() - sent - Duration.ofMillis(millis).toNanos();
            if (behind < 0) {
                early.record(-behind);
            } else {
                late.record(behind);
            }
        }

        @Override
        void closed(String reason) {
            if (isWaiting) {
                ended("connection " + reason);
            }
        }

        private void ended(String how) {
            isWaiting = false;
            answeredCount++;
            answers.merge(how, 1L, Long::sum);
        }
    }
}
