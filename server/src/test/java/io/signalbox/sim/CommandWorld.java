package io.signalbox.sim;

import ch.qos.logback.classic.Level;
import io.signalbox.config.SubmitStrategy;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.Command;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.HistoryEntry.Cause;
import io.signalbox.rpc.KeyedCall;
import io.signalbox.rpc.KeyedCalls;
import io.signalbox.rpc.Outcome;
import io.signalbox.rpc.RequestIds;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RetryPolicy.Failure;
import io.signalbox.rpc.RpcChanged;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcService;
import io.signalbox.rpc.RpcSettings;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore;
import io.signalbox.session.CloseReason;
import io.signalbox.session.DeviceSession;
import io.signalbox.session.DownlinkMessage;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import io.signalbox.session.Receipt;
import io.signalbox.session.SessionId;
import io.signalbox.session.Sessions;
import io.signalbox.session.Signal;
import io.signalbox.testing.SimulatedCallStore;
import io.signalbox.testing.SimulatedLoop;
import io.signalbox.testing.SimulatedRpcStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Two devices, their callers, and a server that may end at any moment and begins anew over the same store. A seed says what
 * happens. Each step, and the end, is held against these promises:
 *
 * <ol>
 *   <li>what was accepted is in the store for ever, and what was declined never
 *   <li>every command ends within two seconds of its deadline once the store takes writes; one whose device is back and well
 *       ends before
 *   <li>versions rise by one, history only grows, only drawn transitions happen, final states stay
 *   <li>DELIVERED, SENT, TIMEOUT and SUCCESSFUL say what the device or its connection said of that attempt
 *   <li>no two commands of a device share a request id, and a command keeps its own
 *   <li>a persistent command is sent after the commit of that attempt, before its deadline, while it is open
 *   <li>first attempts go out in the order of acceptance
 *   <li>who sent an answer hears once what became of it, and "stored" only if it is needed no more; is not to repeat what is not
 *   <li>each caller gets one answer; nothing is left behind
 *   <li>a connection that was closed is told nothing and has no say
 *   <li>one delivered that must not be delivered again is not, and a poll is not given what another poll carries
 *   <li>a device has no more commands at a time than is set for it, now or while it was changed: whatever it was given and has
 *       not done, also over a new connection
 *   <li>where one follows the other, none goes out before the one ahead is acknowledged, or answered
 *   <li>a command of one attempt has at most one, and does not wait for it
 *   <li>of lightweight commands with one idempotency key one at most is sent, also across the ends of the process, and who repeats
 *       its request gets its answer, or hears that it is not known
 * </ol>
 */
final class CommandWorld {
    static {
        // Tens of thousands of commands fail here on purpose: nobody wants to read of each.
        ((ch.qos.logback.classic.Logger) LoggerFactory.getLogger("io.signalbox.rpc")).setLevel(Level.WARN);
    }

    private static final int STEPS = 160;
    private static final int DEVICES = 2;
    private static final int TICKS_MAX = 100_000;

    /** Less than what all commands together may have, twice: when they are many, they come one at a time. */
    private static final int KEPT_BYTES_MAX = 24;

    private static final String GUESSED = "\"guessed\"";
    private static final Duration ANSWER_WAIT = Duration.ofMillis(80);
    private static final Duration CALM = Duration.ofSeconds(25);

    private final long seed;
    private final Random random;
    private final Faults faults;
    private final SubmitStrategy strategy;
    private final SimulatedRpcStore truth = new SimulatedRpcStore();
    private final SimulatedCallStore calls = new SimulatedCallStore();
    private final List<Key> keys = new ArrayList<>();
    private final Map<Long, Integer> idBlocks = new HashMap<>();
    private final List<Order> orders = new ArrayList<>();
    private final List<Device> devices = new ArrayList<>();
    private final Map<Long, Order> byNumber = new HashMap<>();

    /** The nature of this seed: shares of a hundred. */
    private final int commitFails;

    private final int readFails;
    private final int idsFail;
    private final int storeSpeed;
    private final int loopSpeed;
    private final int crashes;
    private final boolean persistentOnly;
    private final int settingsChange;

    private RpcSettings ofProfile = RpcSettings.NONE;
    private Server server;
    private int ticks;
    private boolean isCalm;
    private boolean isHandedBack;
    private @Nullable AssertionError failure;
    private long startNanos;

    CommandWorld(long seed, Faults faults) {
        this.seed = seed;
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
        this.faults = faults;
        this.strategy = List.of(SubmitStrategy.values()).get(random.nextInt(3));
        this.commitFails = pick(0, 0, 5, 30);
        this.readFails = pick(0, 0, 20);
        this.idsFail = pick(0, 0, 20);
        this.storeSpeed = pick(20, 60, 95, 100);
        this.loopSpeed = pick(40, 90, 100);
        this.crashes = pick(0, 1, 3);
        this.persistentOnly = random.nextInt(3) == 0;
        this.settingsChange = pick(0, 0, 1, 4);
        truth.observe(this::committed);
        boolean hasSettings = random.nextInt(3) > 0;
        if (hasSettings && random.nextBoolean()) {
            ofProfile = settings();
        }
        for (int i = 1; i <= DEVICES; i++) {
            devices.add(new Device(i, hasSettings && random.nextBoolean() ? settings() : RpcSettings.NONE));
        }
        this.server = new Server();
    }

    private int pick(int... some) {
        return some[random.nextInt(some.length)];
    }

    private boolean chance(int ofHundred) {
        return random.nextInt(100) < ofHundred;
    }

    // ------------------------------------------------------------------------------------------------ the run

    void run() {
        for (int i = 0; i < STEPS; i++) {
            step();
            server.check();
        }
        if (random.nextInt(4) == 0) {
            stop();
        } else {
            calm();
        }
    }

    private RpcSettings settings() {
        return new RpcSettings(
                random.nextBoolean()
                        ? Optional.of(List.of(SubmitStrategy.values()).get(random.nextInt(3)))
                        : Optional.empty(),
                random.nextInt(3) > 0 ? OptionalInt.of(random.nextInt(4)) : OptionalInt.empty(),
                random.nextBoolean() ? Optional.of(random.nextBoolean()) : Optional.empty(),
                Optional.empty());
    }

    private void changeSettings() {
        RpcSettings now = random.nextInt(4) == 0 ? RpcSettings.NONE : settings();
        if (random.nextBoolean()) {
            Device device = device();
            device.own = now;
            device.store();
            server.service.settingsChanged(device.number);
        } else {
            ofProfile = now;
            devices.forEach(Device::store);
            server.service.changed(SimulatedRpcStore.PROFILE, now);
        }
    }

    private void step() {
        if (chance(settingsChange)) {
            changeSettings();
        }
        int what = random.nextInt(100);
        if (what < 14) {
            server.enter(() -> new Order(device()).submit());
        } else if (what < 24) {
            server.enter(device()::connect);
        } else if (what < 32) {
            anyLine(line -> {
                switch (random.nextInt(6)) {
                    case 0 -> line.end();
                    case 1 -> line.unsubscribe();
                    case 2, 3 -> line.subscribe();
                    default -> line.toggleFull();
                }
            });
        } else if (what < 72) {
            device().act();
        } else if (what < 92) {
            elapse(random.nextInt(4) == 0 ? random.nextInt(400) : random.nextInt(20));
        } else if (what < 94) {
            server.sweep();
        } else if (what < 96) {
            cancel();
        } else if (what < 97) {
            if (!orders.isEmpty()) {
                Order order = orders.get(random.nextInt(orders.size()));
                server.enter(order::abandon);
            }
        } else if (what < 98) {
            truth.setFull(random.nextInt(3) == 0);
            calls.setFull(random.nextInt(3) == 0);
        } else if (chance(crashes * 20)) {
            crash();
        }
        if (chance(storeSpeed)) {
            server.storeStep();
        }
        while (chance(loopSpeed) && server.loopStep()) {}
    }

    private Device device() {
        return devices.get(random.nextInt(DEVICES));
    }

    private void anyLine(java.util.function.Consumer<Line> act) {
        Device device = device();
        if (!device.lines.isEmpty()) {
            Line line = device.lines.get(random.nextInt(device.lines.size()));
            server.enter(() -> act.accept(line));
        }
    }

    private void elapse(long millis) {
        long until = server.time.nanoTime() + Duration.ofMillis(millis).toNanos();
        while (true) {
            long wait = server.time.untilNext();
            if (wait < 0 || server.time.nanoTime() + wait > until) {
                break;
            }
            server.timeStep();
        }
        long left = until - server.time.nanoTime();
        if (left > 0) {
            server.time.advance(Duration.ofNanos(left));
        }
    }

    private void cancel() {
        if (byNumber.isEmpty()) {
            return;
        }
        long number = 1L + random.nextInt(byNumber.size());
        long now = server.time.clock().millis();
        Optional<RpcStore.Ended> ended =
                random.nextBoolean() ? truth.cancel(number, now) : truth.supersede(number, now);
        ended.ifPresent(end ->
                server.slow.add(() -> server.sessions.handIfPresent(end.device(), new RpcChanged(end.number()))));
    }

    private void crash() {
        truth.crash();
        calls.crash();
        keys.forEach(key -> key.hadTrouble = true);
        startNanos = server.time.nanoTime();
        for (Device device : devices) {
            device.lines.forEach(line -> line.ended = true);
            device.lines.clear();
            device.ended.clear();
        }
        for (Order order : orders) {
            order.isGone = true;
        }
        server = new Server();
    }

    /** The server is told to stop: whoever waits hears it. */
    private void stop() {
        truth.setFull(false);
        calls.setFull(false);
        isHandedBack = true;
        server.service.shutDown();
        settle();
        for (Order order : orders) {
            order.checkAnswered();
        }
        check(server.service.waiters() == 0, "9 callers wait after the stop", server.service.waiters());
        check(server.service.openBytes() == 0, "9 bytes are left", server.service.openBytes());
        check(server.keyed.open() == 0, "9 keys are left", server.keyed.open());
    }

    /** Nothing goes wrong any more. A device that is there does what can be done; everything else ends in time. */
    private void calm() {
        truth.setFull(false);
        calls.setFull(false);
        isHandedBack = true;
        settle();
        isCalm = true;
        long from = server.time.nanoTime();
        Set<Order> doable = new HashSet<>();
        for (Device device : devices) {
            if (chance(25)) {
                for (Line line : List.copyOf(device.lines)) {
                    server.enter(line::end);
                }
                continue; // it never comes back: the sweeper ends what is stored for it
            }
            for (Order order : orders) {
                if (order.device == device) {
                    order.rememberWhetherDoable(from, doable);
                }
            }
            server.enter(device::connect);
            server.enter(() -> device.lines.getLast().subscribe());
        }
        boolean checked = false;
        long end = from;
        for (Order order : orders) {
            end = Math.max(end, order.deadlineNanos);
        }
        end += Duration.ofSeconds(4).toNanos();
        long swept = 0;
        while (server.time.nanoTime() < end || !checked) {
            settle();
            server.check();
            long now = server.time.nanoTime();
            if (now - swept >= Duration.ofSeconds(1).toNanos()) {
                devices.forEach(device -> device.lines.forEach(Line::ping));
                server.sweep();
                settle();
                swept = now;
                for (Order order : orders) {
                    order.checkEndsInTime(from, now);
                }
            }
            if (!checked && now - from >= CALM.toNanos()) {
                checked = true;
                doable.forEach(Order::checkDone);
            }
            elapse(now - from < CALM.toNanos() / 5 ? 100 : 500);
        }
        for (Order order : orders) {
            order.checkAnswered();
        }
        check(truth.openCount() == 0, "2 stored commands stay open", truth.openCount());
        check(server.service.waiters() == 0, "9 callers still wait", server.service.waiters());
        check(server.service.openBytes() == 0, "9 bytes are left", server.service.openBytes());
        check(server.service.keptBytes() == 0, "9 bytes of stored commands are left", server.service.keptBytes());
        check(server.service.open() == 0, "9 commands are open", server.service.open());
        check(server.keyed.open() == 0, "9 keys are left", server.keyed.open());
        for (Device device : devices) {
            for (Line line : List.copyOf(device.lines)) {
                server.enter(line::end);
            }
        }
        settle();
        check(server.sessions.size() == 0, "9 mailboxes are left", server.sessions.size());
        for (Device device : devices) {
            device.replies.clear();
            device.receipts.forEach(Told::checkOnce);
        }
    }

    /** Until nothing happens without time going on. */
    private void settle() {
        boolean any = true;
        while (any) {
            any = false;
            while (server.loopStep()) {
                any = true;
            }
            while (server.storeStep()) {
                any = true;
            }
            while (server.time.untilNext() == 0 && server.timeStep()) {
                any = true;
            }
            for (Device device : devices) {
                while (isCalm && device.act()) {
                    any = true;
                }
            }
        }
    }

    private void check(boolean holds, String promise, Object about) {
        if (!holds) {
            AssertionError broken = new AssertionError("seed " + seed + " " + strategy + ": " + promise + ": " + about);
            if (failure == null) {
                failure = broken;
            }
            throw broken;
        }
    }

    // ------------------------------------------------------------------------------------------------ the server

    /** One life of the process. */
    private final class Server {
        private final SimulatedLoop.World time = new SimulatedLoop.World();
        private final List<SimulatedLoop> loops = List.of(time.loop(), time.loop());
        private final ArrayDeque<Runnable> slow = new ArrayDeque<>();
        private final RpcService service;
        private final KeyedCalls keyed;
        private final Sessions sessions;

        Server() {
            time.advance(Duration.ofNanos(startNanos));
            service = new RpcService(
                    faults.ids(this::reserve),
                    faults.store(new Reading(truth)),
                    new RpcService.Settings(strategy, 8, 30, 1 << 20, 60, KEPT_BYTES_MAX, 3, ANSWER_WAIT),
                    time.clock(),
                    time::nanoTime,
                    s -> new Sessions(loops, s::commandsOf));
            sessions = service.sessions();
            keyed = new KeyedCalls(service, calls);
        }

        void enter(Runnable task) {
            loops.get(random.nextInt(2)).enter(task);
        }

        boolean timeStep() {
            tick();
            return time.next();
        }

        private void tick() {
            CommandWorld.this.check(++ticks < TICKS_MAX, "2 it never comes to rest", ticks);
        }

        boolean loopStep() {
            tick();
            int first = random.nextInt(2);
            return loops.get(first).step() || loops.get(1 - first).step();
        }

        boolean storeStep() {
            tick();
            boolean any = !slow.isEmpty() || truth.isBusy() || calls.isBusy();
            if (!slow.isEmpty() && random.nextBoolean()) {
                slow.remove().run();
            }
            truth.commit(1 + random.nextInt(4), !isHandedBack && chance(commitFails));
            if (random.nextBoolean()) {
                truth.read();
            }
            if (random.nextBoolean()) {
                boolean fails = !isHandedBack && chance(commitFails);
                if (fails) {
                    keys.forEach(key -> key.hadTrouble = true);
                }
                calls.commit(fails);
            }
            return any;
        }

        void sweep() {
            service.sweep(() -> {});
        }

        /** Nothing is on its way that was decided before now. */
        boolean isAtRest() {
            return slow.isEmpty() && !truth.isBusy() && loops.stream().allMatch(SimulatedLoop::isEmpty);
        }

        void check() {
            if (failure != null) {
                throw failure;
            }
            if (isAtRest()) {
                devices.forEach(Device::forgetOldSettings);
            }
            CommandWorld.this.check(sessions.failures() == 0, "an event failed", sessions.failures());
            CommandWorld.this.check(service.failures() == 0, "a caller failed", service.failures());
        }

        private CompletionStage<Integer> reserve(long device) {
            CompletableFuture<Integer> reserved = new CompletableFuture<>();
            boolean fails = !isHandedBack && chance(idsFail);
            slow.add(() -> {
                if (fails) {
                    reserved.completeExceptionally(new IllegalStateException("no block"));
                } else {
                    reserved.complete(idBlocks.merge(device, 1, (next, _) -> next + RequestIds.BLOCK));
                }
            });
            return reserved;
        }
    }

    /** The store, whose reads may fail, and whose failed commits are remembered. */
    private final class Reading extends Faults.Passing {
        Reading(RpcStore truth) {
            super(truth);
        }

        @Override
        public void update(
                RpcOrder order,
                long number,
                long version,
                RpcProgress progress,
                Loop loop,
                java.util.function.Consumer<Saved> done) {
            truth.update(order, number, version, progress, loop, saved -> {
                if (!(saved instanceof Saved.Stored)) {
                    order(number).hadTrouble = true;
                }
                done.accept(saved);
            });
        }

        @Override
        public CompletionStage<List<RpcRecord>> open(long device, long afterNumber, int limit) {
            return !isHandedBack && chance(readFails)
                    ? CompletableFuture.failedFuture(new IllegalStateException("not read"))
                    : truth.open(device, afterNumber, limit);
        }

        @Override
        public CompletionStage<Optional<RpcSettings.OfDevice>> settings(long device) {
            boolean fails = !isHandedBack && chance(readFails);
            devices.get((int) device - 1).wasUnread = fails;
            return fails
                    ? CompletableFuture.failedFuture(new IllegalStateException("not read"))
                    : truth.settings(device);
        }

        @Override
        public CompletionStage<List<Ended>> expire(long before, long now, int limit) {
            return !isHandedBack && chance(readFails)
                    ? CompletableFuture.failedFuture(new IllegalStateException("not swept"))
                    : truth.expire(before, now, limit);
        }
    }

    private Order order(long number) {
        Order order = byNumber.get(number);
        if (order == null) {
            throw new AssertionError("seed " + seed + ": nobody ordered number " + number);
        }
        return order;
    }

    /** Each commit is looked at: promises 3, 4, 5. */
    private void committed(Optional<RpcRecord> before, RpcRecord after) {
        RpcProgress now = after.progress();
        List<HistoryEntry> lines = now.history();
        check(!lines.isEmpty() && lines.getFirst().cause() == Cause.ACCEPTED, "3 history has no beginning", after);
        check(now.isOpen() == !now.status().isFinal(after.order().oneWay()), "3 open or not", after.progress());
        if (before.isEmpty()) {
            Order order = orders.get(Integer.parseInt(after.order().method()));
            check(order.record == 0, "1 stored twice", order);
            check(after.version() == 1 && after.number() == byNumber.size() + 1, "3 first version", after);
            check(now.status() == RpcStatus.QUEUED || now.status() == RpcStatus.EXPIRED, "3 first state", after);
            order.record = after.number();
            byNumber.put(after.number(), order);
            checkLines(order, lines, 1);
            checkId(order, now);
            return;
        }
        RpcProgress old = before.get().progress();
        Order order = order(after.number());
        check(after.version() == before.get().version() + 1, "3 version", after);
        check(
                lines.size() > old.history().size()
                        && lines.subList(0, old.history().size()).equals(old.history()),
                "3 history only grows",
                order + " " + old + " " + now);
        Cause cause = lines.getLast().cause();
        check(lines.getLast().status() == now.status(), "3 history names another state", after);
        if (!old.isOpen()) {
            check(
                    now.status() == old.status()
                            && now.response().equals(old.response())
                            && (cause == Cause.LATE_REPLY || cause == Cause.DUPLICATE_REPLY),
                    "3 final is final",
                    order + " " + old + " " + now);
            return;
        }
        HistoryEntry last = old.history().getLast();
        int overdue = old.overdue();
        for (HistoryEntry line : lines.subList(old.history().size(), lines.size())) {
            check(drawn(last, line, after.order().oneWay()), "3 not drawn", order + " " + last + " " + line);
            overdue += isRetried(line) ? 1 : 0;
            last = line;
        }
        check(now.overdue() <= order.retries, "3 more retries than were asked for", order);
        check(now.overdue() == overdue && now.attempt() == last.attempt(), "3 counts", order + " " + now);
        check(old.requestId() == 0 || old.requestId() == now.requestId(), "5 another id", order);
        checkLines(order, lines, old.history().size());
        checkId(order, now);
        if (now.status() == RpcStatus.SUCCESSFUL) {
            check(
                    order.answers.contains(now.response().orElse("")),
                    "4 never answered so",
                    order + " " + now.response());
        }
    }

    private void checkId(Order order, RpcProgress now) {
        if (now.requestId() != 0) {
            Order other = order.device.ids.putIfAbsent(now.requestId(), order);
            check(other == null || other == order, "5 shares its id " + now.requestId() + " with " + other, order);
        }
    }

    private void checkLines(Order order, List<HistoryEntry> lines, int from) {
        for (HistoryEntry line : lines.subList(from, lines.size())) {
            int a = line.attempt();
            switch (line.cause()) {
                case WRITTEN ->
                    check(
                            line.status() == RpcStatus.SENT
                                    ? order.sentAndAsked.contains(a)
                                    : order.written.contains(a),
                            "4 not written",
                            order + " " + line);
                case ACKNOWLEDGED -> check(order.acked.contains(a), "4 not acknowledged", order + " " + line);
                case ACK_OVERDUE, RETRIES_EXHAUSTED -> {
                    check(order.overdue.contains(a), "4 not overdue", order + " " + line);
                    checkRetried(order, line, Failure.SENT_NOT_ACKNOWLEDGED);
                }
                case REFUSED -> {
                    check(order.wasRefused, "4 not refused", order + " " + line);
                    checkRetried(order, line, Failure.REFUSED);
                }
                case ANSWER_OVERDUE -> checkRetried(order, line, Failure.NO_ANSWER);
                case ACCEPTED,
                        ATTEMPT,
                        REPLIED,
                        EXPIRED,
                        CANCELLED,
                        SUPERSEDED,
                        DELETED,
                        DEVICE_DELETED,
                        LATE_REPLY,
                        DUPLICATE_REPLY -> {}
            }
            if (line.cause() == Cause.EXPIRED) {
                check(
                        order.once || server.time.nanoTime() >= order.deadlineNanos,
                        "2 ended before its deadline",
                        order + " " + line);
            }
        }
    }

    private void checkRetried(Order order, HistoryEntry line, Failure after) {
        check(
                line.status() != RpcStatus.TIMEOUT || order.policy.retryOn().contains(after),
                "3 sent again for what it is not to be",
                order + " " + line);
    }

    private static boolean isRetried(HistoryEntry line) {
        return line.status() == RpcStatus.TIMEOUT
                && switch (line.cause()) {
                    case ACK_OVERDUE, REFUSED, ANSWER_OVERDUE -> true;
                    default -> false;
                };
    }

    private static boolean drawn(HistoryEntry old, HistoryEntry now, boolean oneWay) {
        RpcStatus from = old.status();
        boolean isAway = from == RpcStatus.QUEUED || from == RpcStatus.SENT || from == RpcStatus.TIMEOUT;
        boolean sent = now.attempt() > 0;
        if (from.isFinal(oneWay) || now.attempt() != old.attempt() + (now.cause() == Cause.ATTEMPT ? 1 : 0)) {
            return false;
        }
        return switch (now.cause()) {
            case ATTEMPT -> now.status() == from;
            case WRITTEN -> isAway && sent && (now.status() == RpcStatus.SENT || now.status() == RpcStatus.DELIVERED);
            case ACKNOWLEDGED -> isAway && sent && now.status() == RpcStatus.DELIVERED;
            case ACK_OVERDUE -> isAway && sent && now.status() == RpcStatus.TIMEOUT;
            case RETRIES_EXHAUSTED -> isAway && sent && now.status() == RpcStatus.FAILED;
            case ANSWER_OVERDUE -> from == RpcStatus.DELIVERED && (now.status() == RpcStatus.FAILED || isRetried(now));
            case REPLIED -> sent && now.status() == RpcStatus.SUCCESSFUL;
            case REFUSED -> sent && (now.status() == RpcStatus.FAILED || isRetried(now));
            case EXPIRED -> now.status() == RpcStatus.EXPIRED;
            case CANCELLED -> !sent && now.status() == RpcStatus.CANCELLED;
            case SUPERSEDED -> now.status() == RpcStatus.SUPERSEDED;
            case ACCEPTED, DELETED, DEVICE_DELETED, LATE_REPLY, DUPLICATE_REPLY -> false;
        };
    }

    // ------------------------------------------------------------------------------------------------ callers

    /** What several lightweight commands share: a name, and what is known of those. */
    private static final class Key {
        private final Device device;
        private final String name;
        private final boolean oneWay;
        private @Nullable Order sent;
        private @Nullable String answer;

        /** A commit failed, or the process ended: something may not be known. */
        private boolean hadTrouble;

        Key(Device device, String name, boolean oneWay) {
            this.device = device;
            this.name = name;
            this.oneWay = oneWay;
        }
    }

    private Key anyKey(Device device) {
        List<Key> known = keys.stream().filter(key -> key.device == device).toList();
        if (!known.isEmpty() && chance(60)) {
            return known.get(random.nextInt(known.size()));
        }
        Key key = new Key(device, "key " + keys.size(), chance(30));
        keys.add(key);
        return key;
    }

    /** A command and whoever waits for it. */
    private final class Order {
        private final int index = orders.size();
        private final Device device;
        private final boolean persistent = persistentOnly || random.nextBoolean();
        private final boolean oneWay;
        private final boolean saysRedeliver = random.nextBoolean();
        private final boolean redeliver = !saysRedeliver || random.nextBoolean();
        private final boolean once = chance(8);
        private final int retries = once ? 0 : random.nextInt(3);
        private final RetryPolicy policy = random.nextBoolean()
                ? RetryPolicy.STANDARD
                : new RetryPolicy(
                        50,
                        2,
                        400,
                        0.5,
                        Stream.of(Failure.values())
                                .filter(_ -> random.nextBoolean())
                                .collect(Collectors.toSet()));

        /** Null: it has none. */
        private final @Nullable Key key;

        private final long deadlineNanos = server.time.nanoTime()
                + Duration.ofMillis(once ? 60_000 : pick(-5, 30, 300, 1_500, 5_000, 60_000))
                        .toNanos();
        private final UUID id = new UUID(seed, index);
        private final Set<String> answers = new HashSet<>(2);
        private final Set<Integer> written = new HashSet<>(2);
        private final Set<Integer> sentAndAsked = new HashSet<>(2);
        private final Set<Integer> acked = new HashSet<>(2);
        private final Set<Integer> overdue = new HashSet<>(2);
        private boolean wasRefused;
        private boolean wasAnswered;

        /** When its acknowledgement came. */
        private long thereNanos;

        private boolean hadTrouble;
        private int givenIn;
        private long record;
        private int requestId;
        private int attempts;
        private @Nullable Line carrier;
        private long offersBefore;
        private @Nullable Outcome outcome;
        private RpcService.@Nullable Call call;
        private boolean abandoned;
        private boolean isGone;

        Order(Device device) {
            this.device = device;
            this.key = !persistent && chance(30) ? anyKey(device) : null;
            this.oneWay = key == null ? chance(30) : key.oneWay;
            orders.add(this);
        }

        void submit() {
            SimulatedLoop caller = server.loops.stream()
                    .filter(SimulatedLoop::isCurrent)
                    .findFirst()
                    .orElseThrow();
            if (persistent) {
                call = server.service.accept(stored(), caller, this::answered);
            } else if (key == null) {
                call = server.service.call(device.number, lightweight(), caller, this::answered);
            } else {
                byte[] fingerprint = key.name.getBytes(StandardCharsets.UTF_8);
                call = server.keyed.call(
                        device.number,
                        new KeyedCall(new TenantId(new UUID(1, 1)), key.name, id, fingerprint, 0),
                        lightweight(),
                        caller,
                        this::answered);
            }
        }

        private RpcOrder stored() {
            long now = server.time.clock().millis();
            return new RpcOrder(
                    id,
                    new TenantId(new UUID(1, 1)),
                    device.number,
                    new DeviceId(new UUID(2, device.number)),
                    now,
                    now
                            + Duration.ofNanos(deadlineNanos - server.time.nanoTime())
                                    .toMillis(),
                    oneWay,
                    Integer.toString(index),
                    new byte[] {'1'},
                    OptionalInt.of(retries),
                    Optional.empty(),
                    policy,
                    once,
                    saysRedeliver ? Optional.of(redeliver) : Optional.empty(),
                    Optional.empty(),
                    false,
                    Optional.empty(),
                    new UserId(new UUID(3, 1)),
                    "somebody",
                    RpcOrder.Origin.UNKNOWN);
        }

        private Command lightweight() {
            return new Command(
                    id,
                    Integer.toString(index),
                    new byte[] {'1'},
                    oneWay,
                    deadlineNanos,
                    once ? 0 : random.nextInt(3),
                    once,
                    server.service.answerWait(),
                    strategy == SubmitStrategy.BURST,
                    Optional.empty());
        }

        void abandon() {
            RpcService.Call made = call;
            if (made != null && outcome == null && !isGone) {
                abandoned = true;
                made.abandon();
            }
        }

        void answered(Outcome how) {
            check(outcome == null, "9 answered twice, then " + how, this);
            check(!isGone, "9 answered by a process that ended", this);
            outcome = how;
            switch (how) {
                case Outcome.Accepted(UUID as) -> {
                    check(persistent && as.equals(id) && record != 0, "1 accepted, not stored", this);
                }
                case Outcome.Known(UUID as) -> check(false, "1 known before, " + as, this);
                case Outcome.Answered(byte[] payload) -> {
                    String text = new String(payload, StandardCharsets.UTF_8);
                    check(
                            answers.contains(text) || (wasRefused && text.equals("no")),
                            "4 not its answer: " + text,
                            this);
                    if (key != null) {
                        check(key.answer == null || key.answer.equals(text), "15 another answer: " + text, this);
                        key.answer = text;
                    }
                }
                case Outcome.Delivered() -> check(!persistent && oneWay && attempts > 0, "4 not delivered", this);
                case Outcome.TimedOut(Outcome.Stage stage) -> {
                    check(!persistent, "9 nobody waits for its end", this);
                    boolean isOver = server.time.nanoTime() >= deadlineNanos;
                    check(once || isOver, "2 too early", this);
                    check(!once || stage.wasSent() || !isOver, "14 waited", this);
                    check(
                            stage.wasSent() == (attempts > 0) || stage == Outcome.Stage.EXPIRED,
                            "9 not its stage, " + stage,
                            this);
                }
                case Outcome.Declined _ -> check(attempts == 0 && record == 0, "1 declined, yet taken", this);
                case Outcome.ShuttingDown _ -> {}
                case Outcome.Repeated(UUID _, Outcome of) -> repeated(of);
                case Outcome.Unknown _, Outcome.NotKept _ -> throw new AssertionError("15 repeats nothing: " + this);
            }
        }

        /** Somebody else's outcome: promise 15. */
        private void repeated(Outcome of) {
            Key shared = Objects.requireNonNull(key);
            check(attempts == 0, "15 sent, and told another outcome", this);
            switch (of) {
                case Outcome.Answered(byte[] payload) -> {
                    String text = new String(payload, StandardCharsets.UTF_8);
                    Order first = shared.sent;
                    check(
                            first != null
                                    && (first.answers.contains(text) || (first.wasRefused && text.equals("no")))
                                    && (shared.answer == null || shared.answer.equals(text)),
                            "15 another answer: " + text,
                            this);
                    shared.answer = text;
                }
                case Outcome.Delivered() -> check(oneWay && shared.sent != null, "15 not delivered", this);
                case Outcome.TimedOut(Outcome.Stage stage) ->
                    check(!stage.mayHaveRun() || shared.sent != null, "15 not its stage, " + stage, this);
                case Outcome.Unknown() ->
                    check(
                            shared.hadTrouble || server.time.nanoTime() >= deadlineNanos,
                            "15 unknown, though nothing went wrong",
                            this);
                case Outcome.Declined _, Outcome.ShuttingDown _ -> {}
                case Outcome.Accepted _, Outcome.Known _, Outcome.Repeated _, Outcome.NotKept _ ->
                    throw new AssertionError("15 no such outcome: " + of);
            }
        }

        /** It goes on the wire: promises 5, 6, 7, 11. */
        void sent(Line line, DownlinkMessage.RpcRequest request) {
            check(line.device == device, "6 to another device", this);
            check(!isGone || persistent, "10 a process that ended still sends", this);
            check(server.time.nanoTime() < deadlineNanos, "6 sent after its time", this);
            check(requestId == 0 || requestId == request.requestId(), "5 a re-send has another id", this);
            check(persistent || outcome == null, "6 sent after its end", this);
            requestId = request.requestId();
            Order other = device.ids.putIfAbsent(requestId, this);
            check(other == null || other == this, "5 shares its id with " + other, this);
            check(!once || request.attempt() == 1, "14 attempt " + request.attempt(), this);
            if (key != null) {
                check(key.sent == null || key.sent == this, "15 runs again after " + key.sent, this);
                key.sent = this;
            }
            check(request.attempt() > attempts, "6 attempt " + request.attempt() + " after " + attempts, this);
            attempts = request.attempt();
            Line before = carrier;
            check(
                    line.push
                            || before == null
                            || before.push
                            || before == line
                            || device.offers > offersBefore
                            || before.ended
                            || hadTrouble,
                    "11 two polls carry it",
                    this);
            carrier = line;
            offersBefore = device.offers;
            givenIn = line.subscription;
            checkTurn();
            if (!persistent) {
                return;
            }
            RpcProgress now = truth.byNumber(record)
                    .orElseThrow(() -> new AssertionError("seed " + seed + ": 6 sent, not stored: " + this))
                    .progress();
            check(
                    (now.isOpen() || now.status() == RpcStatus.SUPERSEDED) // which may have happened since
                            && now.attempt() == request.attempt()
                            && now.requestId() == requestId,
                    "6 this attempt is not stored",
                    this + " " + now);
            check(
                    device.inForce.stream().anyMatch(this::mayGoAgain) || now.status() != RpcStatus.DELIVERED,
                    "11 delivered again",
                    this);
            if (attempts == 1 && !hadTrouble) {
                check(record > device.lastFirst, "7 overtaken by " + device.lastFirst, this);
                device.lastFirst = record;
            }
        }

        private boolean mayGoAgain(RpcSettings set) {
            return set.submitStrategy().orElse(strategy) != SubmitStrategy.BURST
                    || (saysRedeliver ? redeliver : set.redeliver().orElse(true));
        }

        /** The device was given it, and neither device nor deadline nor store has ended it. */
        private boolean isHeld() {
            boolean isOpen = persistent
                    ? truth.byNumber(record)
                            .filter(stored -> stored.progress().isOpen())
                            .isPresent()
                    : outcome == null && !isGone && !abandoned;
            return attempts > 0
                    && isOpen
                    && !hadTrouble
                    && !wasAnswered
                    && !once
                    && overdue.size() <= (policy.retryOn().contains(Failure.SENT_NOT_ACKNOWLEDGED) ? retries : 0)
                    && !(isKnownToBeThere() && isAnswerOverdue())
                    && !(oneWay && isKnownToBeThere())
                    && server.time.nanoTime() < deadlineNanos;
        }

        /** The server may have given it up, and be about to commit that. */
        private boolean isAnswerOverdue() {
            return server.time.nanoTime() - thereNanos >= ANSWER_WAIT.toNanos()
                    && device.inForce.stream()
                            .anyMatch(set -> set.submitStrategy().orElse(strategy)
                                    == SubmitStrategy.SEQUENTIAL_ON_RESPONSE_FROM_DEVICE);
        }

        private boolean isKnownToBeThere() {
            return !acked.isEmpty() || !written.isEmpty();
        }

        /** It is being given to the device: promises 12 and 13. */
        private void checkTurn() {
            List<Order> others = orders.stream()
                    .filter(other -> other != this && other.device == device && other.isHeld())
                    .toList();
            long has = 1
                    + others.stream()
                            .filter(other -> attempts == 1 || other.givenIn == givenIn)
                            .count();
            int most = device.inForce.stream()
                    .mapToInt(set -> set.inFlightMax().orElse(0))
                    .map(set -> set == 0 ? Integer.MAX_VALUE : set)
                    .max()
                    .orElseThrow();
            check(has <= most, "12 has " + has + " at a time, not " + most, this);
            List<Order> ahead = others.stream()
                    .filter(other -> other.persistent && attempts == 1)
                    .toList();
            if (device.follows(SubmitStrategy.SEQUENTIAL_ON_RESPONSE_FROM_DEVICE)) {
                check(ahead.isEmpty(), "13 goes before the answer of " + ahead, this);
            } else if (device.follows(SubmitStrategy.SEQUENTIAL_ON_ACK_FROM_DEVICE)) {
                check(ahead.stream().allMatch(Order::isKnownToBeThere), "13 goes before one of " + ahead, this);
            }
        }

        /** Long before its time is over, and neither it nor what it waits for in the device's hands. */
        void rememberWhetherDoable(long now, Set<Order> doable) {
            boolean waits = device.effective().inFlightMax().orElse(0) > 0
                    && orders.stream()
                            .anyMatch(other -> other.device == device && other.attempts > 0 && other.isOpen());
            if (once || waits || deadlineNanos - now < CALM.plusSeconds(5).toNanos()) {
                return;
            }
            if (persistent) {
                Optional<RpcRecord> stored = truth.byNumber(record);
                if (stored.isPresent()
                        && stored.get().progress().isOpen()
                        && stored.get().progress().status() != RpcStatus.DELIVERED) {
                    doable.add(this);
                }
            } else if (key == null && outcome == null && !isGone && !abandoned && attempts == 0) {
                doable.add(this);
            }
        }

        private boolean isOpen() {
            return persistent
                    ? truth.byNumber(record)
                            .filter(stored -> stored.progress().isOpen())
                            .isPresent()
                    : !isGone && (outcome == null || abandoned);
        }

        void checkDone() {
            if (persistent) {
                check(
                        !truth.byNumber(record).orElseThrow().progress().isOpen(),
                        "2 the device is there, and not given it",
                        this + " " + truth.byNumber(record));
            } else {
                check(outcome != null, "2 the device is there, and not given it", this);
            }
        }

        void checkEndsInTime(long from, long now) {
            if (now - Math.max(from, deadlineNanos) > Duration.ofSeconds(2).toNanos()) {
                if (record != 0) {
                    check(!truth.byNumber(record).orElseThrow().progress().isOpen(), "2 stays open", this);
                }
                checkAnswered();
            }
        }

        void checkAnswered() {
            check(outcome != null || isGone || abandoned, "9 no answer", this);
            if (outcome instanceof Outcome.Accepted) {
                check(truth.byNumber(record).isPresent(), "1 accepted, and lost", this);
            }
            if (outcome instanceof Outcome.Declined) {
                check(record == 0, "1 declined, yet stored", this);
            }
        }

        @Override
        public String toString() {
            return (persistent ? "persistent " : "lightweight ") + (oneWay ? "one-way " : "") + index + " of device "
                    + device.number + ", number " + record;
        }
    }

    // ------------------------------------------------------------------------------------------------ devices

    private enum Model {
        WELL,
        SILENT,
        SLOW,
        ANSWERS_TWICE,
        RECONNECTS,
        POLLS,
        NEEDS_NO_SESSION,
        NEVER_ACKNOWLEDGES,
        TIGHT,
        GUESSES
    }

    private final class Device {
        private final long number;
        private final Model model = List.of(Model.values()).get(random.nextInt(Model.values().length));
        private final List<Line> lines = new ArrayList<>();

        /** Connections that are closed, and still have something to say. */
        private final ArrayDeque<Line> ended = new ArrayDeque<>();

        private final Map<Integer, Order> ids = new HashMap<>();
        private final List<Reply> replies = new ArrayList<>();
        private final List<Told> receipts = new ArrayList<>();
        private long lastFirst;

        /** How often something happened that makes the server look whom to give what is open. */
        private long offers;

        private int subscriptions;
        private RpcSettings own;

        /** The last question for what is set failed: the server asks again. */
        private boolean wasUnread;

        /** What is set, and what was set before as long as the server may go by it. */
        private final List<RpcSettings> inForce = new ArrayList<>();

        Device(long number, RpcSettings own) {
            this.number = number;
            this.own = own;
            store();
        }

        RpcSettings effective() {
            return own.over(ofProfile);
        }

        void store() {
            truth.set(number, new RpcSettings.OfDevice(SimulatedRpcStore.PROFILE, own, ofProfile));
            inForce.add(effective());
        }

        void forgetOldSettings() {
            if (!wasUnread) {
                inForce.subList(0, inForce.size() - 1).clear();
            }
        }

        /** Whatever the server goes by, it is this. */
        boolean follows(SubmitStrategy only) {
            return inForce.stream().allMatch(set -> set.submitStrategy().orElse(strategy) == only);
        }

        void connect() {
            boolean push = isCalm || (model == Model.POLLS ? chance(15) : chance(90));
            if (!push) {
                lines.removeIf(line -> line.ended);
            }
            Line line = new Line(this, push);
            lines.add(line);
            server.sessions.post(number, new Mailbox.Event.Opened(line));
            check(
                    !push || lines.stream().noneMatch(other -> other.push && other != line),
                    "10 two connections live side by side",
                    number);
            if (chance(85)) {
                line.subscribe();
            }
        }

        /** One report or answer of those that are due; false: there is none. */
        boolean act() {
            if (!isCalm && model == Model.RECONNECTS && chance(15)) {
                server.enter(this::connect);
                return true;
            }
            if (!isCalm && model == Model.GUESSES && chance(10)) {
                server.enter(this::guess);
                return true;
            }
            if (!isCalm && model == Model.SLOW && chance(70)) {
                return false;
            }
            if (!ended.isEmpty() && chance(30)) {
                Line last = ended.getFirst();
                Runnable report = last.reports.poll();
                if (report == null) {
                    ended.remove();
                } else {
                    server.enter(report);
                }
                return true;
            }
            int first = lines.isEmpty() ? 0 : random.nextInt(lines.size());
            boolean repliesFirst = random.nextInt(3) == 0;
            if (repliesFirst && reply()) {
                return true;
            }
            for (int i = 0; i < lines.size(); i++) {
                Line line = lines.get((first + i) % lines.size());
                Runnable report = line.reports.poll();
                if (report != null) {
                    server.enter(report);
                    return true;
                }
            }
            return !repliesFirst && reply();
        }

        private boolean reply() {
            if (replies.isEmpty()) {
                return false;
            }
            Reply reply = replies.remove(random.nextInt(replies.size()));
            server.enter(() -> give(reply));
            return true;
        }

        private void give(Reply reply) {
            boolean withoutSession =
                    reply.line.ended || model == Model.NEEDS_NO_SESSION || !reply.line.push || chance(20);
            reply.order.answers.add(reply.text);
            reply.order.wasAnswered = true;
            say(reply.order, reply.order.requestId, reply.text, withoutSession, reply.line);
        }

        private void say(
                @Nullable Order order, int requestId, String text, boolean withoutSession, @Nullable Line line) {
            Optional<Receipt> receipt = Optional.empty();
            if (chance(80)) {
                Told told = new Told(this, order, text);
                receipts.add(told);
                receipt = Optional.of(told);
            }
            Signal.RpcReplied signal = new Signal.RpcReplied(requestId, text.getBytes(StandardCharsets.UTF_8), receipt);
            server.sessions.post(
                    number,
                    withoutSession || line == null
                            ? new Mailbox.Event.Replied(signal)
                            : new Mailbox.Event.Signalled(line.id, signal));
        }

        /** Answers what it was never asked. */
        private void guess() {
            int id = 1;
            for (int known : ids.keySet()) {
                id = Math.max(id, known + 1);
            }
            id += random.nextInt(2);
            if (id > 0 && !ids.containsKey(id)) {
                say(null, id, GUESSED, true, null);
            }
        }
    }

    private record Reply(Line line, Order order, String text) {}

    /** What became of an answer, for the device that gave it. */
    private final class Told implements Receipt {
        private final Device device;
        private final @Nullable Order order;
        private final String text;
        private final Server in = server;
        private final Loop loop = server.loops.get(random.nextInt(2));
        private int told;

        Told(Device device, @Nullable Order order, String text) {
            this.device = device;
            this.order = order;
            this.text = text;
        }

        @Override
        public Loop loop() {
            return loop;
        }

        @Override
        public void stored() {
            once();
            if (order != null && order.persistent) {
                check(
                        truth.byNumber(order.record)
                                .filter(r -> !r.progress().isOpen())
                                .isPresent(),
                        "8 stored, yet open",
                        this);
            }
        }

        @Override
        public void refused(ErrorCode code) {
            once();
            if (code == ErrorCode.NOT_FOUND && order != null) {
                check(
                        truth.byNumber(order.record)
                                .filter(r -> r.progress().isOpen())
                                .isPresent(),
                        "8 to be repeated for nothing",
                        this);
            }
        }

        private void once() {
            check(in == server, "10 told by a process that ended", this);
            check(++told == 1, "8 told twice", this);
        }

        void checkOnce() {
            check(told == 1 || in != server, "8 never told", this);
        }

        @Override
        public String toString() {
            return text + " of device " + device.number + " to " + order;
        }
    }

    /** A connection or a poll. */
    private final class Line implements DeviceSession {
        private final SessionId id = SessionId.next();
        private final Device device;
        private final boolean push;
        private final boolean asksForAck = isCalm || random.nextBoolean();
        private final ArrayDeque<Runnable> reports = new ArrayDeque<>();
        private boolean full;
        private boolean wantsRoom;
        private int subscription;
        private boolean ended;
        private int given;
        private long heard;

        Line(Device device, boolean push) {
            this.device = device;
            this.push = push;
        }

        void subscribe() {
            if (!ended && (push || given == 0)) {
                device.offers++;
                subscription = ++device.subscriptions;
                tell(new Signal.Subscribed(Signal.Topic.RPC));
            }
        }

        void unsubscribe() {
            if (!ended && push) {
                device.offers++;
                tell(new Signal.Unsubscribed(Signal.Topic.RPC));
            }
        }

        void end() {
            ended = true;
            device.offers++;
            device.lines.remove(this);
            device.ended.add(this);
            server.sessions.post(device.number, new Mailbox.Event.Closed(id));
        }

        void toggleFull() {
            full = !full;
            if (!full && wantsRoom && !ended) {
                wantsRoom = false;
                device.offers++;
                tell(new Signal.Writable());
            }
        }

        /** Shows that it is alive, as a keep-alive does. */
        void ping() {
            heard = server.time.nanoTime();
        }

        private void tell(Signal signal) {
            ping();
            server.sessions.post(device.number, new Mailbox.Event.Signalled(id, signal));
        }

        /** As {@link #tell}; what it says of a command counts only while the connection does. */
        private void report(Set<Integer> attempts, Order order, int attempt, Signal signal) {
            if (!ended) {
                if (!order.isKnownToBeThere()) {
                    order.thereNanos = server.time.nanoTime();
                }
                attempts.add(attempt);
            }
            tell(signal);
        }

        @Override
        public SessionId id() {
            return id;
        }

        @Override
        public boolean isPush() {
            return push;
        }

        @Override
        public boolean hasRoom() {
            boolean has = !full && !ended && (push || given == 0);
            wantsRoom |= !has;
            return has;
        }

        @Override
        public long heardNanos() {
            return heard;
        }

        @Override
        public boolean send(DownlinkMessage message) {
            check(!ended, "10 sent to a connection that is closed", device.number);
            if (!hasRoom()) {
                return false;
            }
            given++;
            DownlinkMessage.RpcRequest request = (DownlinkMessage.RpcRequest) message;
            Order order = orders.get(Integer.parseInt(request.method()));
            order.sent(this, request);
            promise(order, request.requestId(), request.attempt());
            if (device.model == Model.TIGHT && !isCalm && chance(30)) {
                full = true;
            }
            return true;
        }

        /** What the connection and the device will say of it. */
        private void promise(Order order, int requestId, int attempt) {
            Model model = isCalm ? Model.WELL : device.model;
            if (!isCalm && chance(4)) {
                reports.add(() -> {
                    order.wasRefused |= !ended;
                    order.wasAnswered |= !ended;
                    tell(new Signal.RpcRefused(requestId, "no"));
                });
                return;
            }
            boolean asks = asksForAck && push;
            reports.add(() -> report(
                    asks ? order.sentAndAsked : order.written,
                    order,
                    attempt,
                    new Signal.RpcWritten(requestId, attempt, asks)));
            if (asks) {
                if (model == Model.NEVER_ACKNOWLEDGES || (!isCalm && chance(10))) {
                    reports.add(
                            () -> report(order.overdue, order, attempt, new Signal.RpcAckOverdue(requestId, attempt)));
                } else if (model != Model.SILENT || random.nextBoolean()) {
                    reports.add(() -> report(order.acked, order, attempt, new Signal.RpcAcked(requestId, attempt)));
                }
            }
            if (model == Model.SILENT || (order.oneWay && chance(90)) || (!isCalm && chance(10))) {
                return;
            }
            for (int i = 0; i < (model == Model.ANSWERS_TWICE ? 2 : 1); i++) {
                device.replies.add(new Reply(this, order, "{\"n\":" + order.index + ",\"a\":" + attempt + i + "}"));
            }
        }

        @Override
        public void close(CloseReason why) {
            ended = true;
            device.offers++;
            device.lines.remove(this);
            device.ended.add(this);
        }
    }
}
