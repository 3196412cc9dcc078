package io.signalbox.api;

import io.signalbox.device.Device;
import io.signalbox.identity.Access;
import io.signalbox.identity.Caller;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.session.Loop;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Transitions of all commands of a device, in the order of their times.
 *
 * <p>One id cannot say of each command what the reader has. So a stream that goes on sends what is not older than the line that
 * the reader saw last, and a little more; what lies too far back for that is told as a gap.
 */
final class DeviceEvents extends EventStream {
    /** Of which the stream knows what it sent; also the most that it looks at when it goes on. */
    private static final int COMMANDS_MAX = 1_000;

    private static final int BACKLOG_BYTES_MAX = 1 << 20;

    /** By this much a line may be committed later than one with a later time. */
    private static final long SLACK_MILLIS = Duration.ofSeconds(1).toMillis();

    private final Device device;
    private final Optional<EventId> last;
    private Phase phase;

    /** What the reader has of each command, those that were looked at last behind. */
    private final LinkedHashMap<Long, Seen> seen = new LinkedHashMap<>(16, 0.75f, true);

    private final LinkedHashSet<Long> dirty = new LinkedHashSet<>();

    /** Of a command that is not in {@link #seen}, lines from this time on are new. */
    private long since;

    /** What is there already; it is sent when all of it is read. */
    private final List<Line> backlog = new ArrayList<>();

    private int backlogBytes;
    private int looked;
    private long place;

    private enum Phase {
        /** Reads the command of which the reader saw the last line. */
        LAST,
        /** Reads what changed since, newest commands first. */
        RECENT,
        /** Reads the open commands, oldest first. */
        OPEN,
        LIVE
    }

    private record Seen(int lines, long ts) {}

    private record Line(long ts, EventId id, Buffer event) {}

    private static final Comparator<Line> IN_TIME = Comparator.comparingLong(Line::ts)
            .thenComparingLong(line -> line.id().number())
            .thenComparingInt(line -> line.id().line());

    DeviceEvents(RpcEvents front, HttpServerRequest request, Loop loop, Device device) {
        super(front, request, loop, device.number(), device.id());
        this.device = device;
        this.last = EventId.parse(request.getHeader("last-event-id"));
        this.phase = last.isPresent() ? Phase.LAST : Phase.OPEN;
        this.since = front.clock().millis() - SLACK_MILLIS;
    }

    @Override
    public void committed(long number) {
        loop.execute(() -> {
            if (dirty.size() == COMMANDS_MAX && !dirty.contains(number)) {
                end(); // it does not keep up
            } else {
                dirty.add(number);
                readNext();
            }
        });
    }

    @Override
    public void deviceDeleted() {
        loop.execute(() -> {
            gone();
            end();
        });
    }

    private void gone() {
        send("gone", json -> json.writeStringProperty("deviceId", device.id().toString()));
    }

    private void gap() {
        send("gap", json -> json.writeStringProperty("deviceId", device.id().toString()));
    }

    @Override
    void lookAgain() {}

    @Override
    Access.Verdict verdict(Caller caller, Optional<Device> now) {
        return Access.device(caller, Access.Operation.RPC_CALL, now);
    }

    @Override
    @Nullable
    CompletionStage<List<RpcRecord>> read() {
        return switch (phase) {
            case LAST -> front.store().read(List.of(last.orElseThrow().number()));
            case RECENT -> front.store().recent(device.number(), place, PAGE);
            case OPEN -> front.store().open(device.number(), place, PAGE);
            case LIVE -> {
                List<Long> numbers = dirty.stream().limit(PAGE).toList();
                numbers.forEach(dirty::remove);
                yield numbers.isEmpty() ? null : front.store().read(numbers);
            }
        };
    }

    @Override
    void take(List<RpcRecord> records) {
        switch (phase) {
            case LAST -> takeLast(records, last.orElseThrow());
            case RECENT, OPEN -> takeBacklog(records);
            case LIVE ->
                records.stream()
                        .flatMap(rpc -> fresh(rpc, since))
                        .sorted(IN_TIME)
                        .forEach(line -> send(line.event()));
        }
    }

    private void takeLast(List<RpcRecord> records, EventId id) {
        Optional<HistoryEntry> entry = records.stream()
                .filter(rpc -> rpc.order().device() == device.number())
                .map(rpc -> rpc.progress().history())
                .filter(history -> id.line() >= 1 && id.line() <= history.size())
                .map(history -> history.get(id.line() - 1))
                .findFirst();
        if (entry.isPresent()) {
            since = entry.get().ts() - SLACK_MILLIS;
            seen.put(id.number(), new Seen(id.line(), entry.get().ts()));
            phase = Phase.RECENT;
            place = Long.MAX_VALUE;
        } else {
            gap();
            phase = Phase.OPEN;
        }
    }

    private void takeBacklog(List<RpcRecord> records) {
        long from = phase == Phase.OPEN ? Long.MIN_VALUE : since;
        for (RpcRecord rpc : records) {
            fresh(rpc, from).forEach(line -> {
                backlog.add(line);
                backlogBytes += line.event().length();
            });
            place = rpc.number();
        }
        looked += records.size();
        boolean isTooMuch = backlogBytes > BACKLOG_BYTES_MAX;
        boolean isAll = records.size() < PAGE;
        if (isTooMuch || isAll || looked >= COMMANDS_MAX) {
            if (isTooMuch || !isAll) {
                gap();
            }
            backlog.stream()
                    .sorted(IN_TIME)
                    .skip(isTooMuch ? backlog.size() / 2 : 0)
                    .forEach(line -> send(line.event()));
            backlog.clear();
            phase = Phase.LIVE;
        }
    }

    /** Lines that the reader does not have; from now on it has them. */
    private Stream<Line> fresh(RpcRecord rpc, long from) {
        List<HistoryEntry> history = rpc.progress().history();
        Seen before = seen.get(rpc.number());
        int first = 1;
        if (before != null) {
            first = before.lines() + 1;
        } else {
            while (first <= history.size() && history.get(first - 1).ts() < from) {
                first++;
            }
        }
        List<Line> lines = new ArrayList<>();
        for (int line = first; line <= history.size(); line++) {
            lines.add(new Line(history.get(line - 1).ts(), new EventId(rpc.number(), line), transition(rpc, line)));
        }
        seen.put(rpc.number(), new Seen(history.size(), history.getLast().ts()));
        forgetOldest();
        return lines.stream();
    }

    private void forgetOldest() {
        if (seen.size() > COMMANDS_MAX) {
            Map.Entry<Long, Seen> oldest = seen.pollFirstEntry();
            since = Math.max(since, oldest.getValue().ts() + 1);
        }
    }
}
