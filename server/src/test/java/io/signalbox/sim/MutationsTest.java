package io.signalbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.RequestIds;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcStatus;
import io.signalbox.rpc.RpcStore;
import io.signalbox.session.Loop;
import io.signalbox.session.Mailbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** The simulation bites: it finds each of these mistakes, made on purpose in a copy of the code or in the store. */
class MutationsTest {
    private static final Logger MAILBOX = (Logger) LoggerFactory.getLogger(Mailbox.class);

    @BeforeAll
    static void quiet() {
        MAILBOX.setLevel(Level.OFF);
    }

    @AfterAll
    static void loud() {
        MAILBOX.setLevel(null);
    }

    private static final int SEEDS = 1_000;
    private static final Path SOURCES = Path.of("src/main/java/io/signalbox");

    /** A change of the source text, in plain words. */
    record Mistake(String name, String file, String text, String instead) {
        @Override
        public String toString() {
            return name;
        }
    }

    record Broken(String name, Faults faults) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Mistake> mistakes() {
        String machine = "rpc/Rpc.java";
        String shell = "rpc/DeviceRpcs.java";
        String stored = "rpc/StoredRpcs.java";
        String pending = "rpc/Pending.java";
        String queue = "rpc/OpenRpcs.java";
        String settings = "rpc/DeviceSettings.java";
        String service = "rpc/RpcService.java";
        String keyed = "rpc/KeyedCalls.java";
        String mailbox = "session/Mailbox.java";
        return Stream.of(
                new Mistake(
                        "an end can be followed by another",
                        machine,
                        "        if (!isOpen()) {\n            return unchanged();\n        }\n",
                        ""),
                new Mistake("the deadline is not looked at", machine, "now - command.deadline() >= 0", "false"),
                new Mistake(
                        "the acknowledgement of an older attempt counts",
                        machine,
                        "case Event.Acked(int a) when a == attempt && !isDelivered()",
                        "case Event.Acked(int a) when !isDelivered()"),
                new Mistake(
                        "one more retry than was asked for",
                        machine,
                        "return overdue < command.retries() && command.retriesOn(failure);",
                        "return overdue < command.retries() + 9 && command.retriesOn(failure);"),
                new Mistake(
                        "a policy is not looked at",
                        machine,
                        "return overdue < command.retries() && command.retriesOn(failure);",
                        "return overdue < command.retries();"),
                new Mistake(
                        "one attempt is followed by another",
                        machine,
                        "command.once() && attempt > 0 ? expired(Stage.WAITING) : transmit(g)",
                        "transmit(g)"),
                new Mistake(
                        "a timed out request runs again",
                        keyed,
                        "                    if (stage.mayHaveRun()) {\n                        store.remember",
                        "                    if (false) {\n                        store.remember"),
                new Mistake(
                        "a repeat does not wait for the one under way",
                        keyed,
                        "Open present = open.putIfAbsent(name, mine);",
                        "Open present = open.put(name, mine) == null ? null : null;"),
                new Mistake(
                        "who waits with the first is forgotten",
                        keyed,
                        "all.forEach(waiter -> waiter.tell(waiter.isFirst ? how : asRepeated(how)));",
                        "all.getFirst().tell(how);"),
                new Mistake(
                        "a command that cannot wait does",
                        shell,
                        "        if (command.once()) {\n            nowOrNever.add(pending);",
                        "        if (false) {\n            nowOrNever.add(pending);"),
                new Mistake(
                        "an answer that lost to the sweeper is repeated for ever",
                        stored,
                        "        pending.takeAnswers().forEach(reply -> service.late(mailbox.device(), reply, false));\n",
                        ""),
                new Mistake(
                        "sent counts as delivered",
                        machine,
                        "if (!ackExpected || (command.oneWay() && command.handover())) {",
                        "if (true) {"),
                new Mistake(
                        "a re-send does not count as another attempt",
                        machine,
                        "new Rpc(command, status, attempt + 1, overdue",
                        "new Rpc(command, status, Math.max(1, attempt), overdue"),
                new Mistake(
                        "a missing acknowledgement leaves the command where it was",
                        machine,
                        "Rpc next = new Rpc(command, RpcStatus.TIMEOUT, attempt, overdue + 1, generation",
                        "Rpc next = new Rpc(command, RpcStatus.SENT, attempt, overdue + 1, generation"),
                new Mistake(
                        "what a device acknowledged is sent again by another subscription",
                        shell,
                        "if (pending.rpc.isDelivered() && !redelivers(pending)) {",
                        "if (false) {"),
                new Mistake(
                        "the commit is not waited for",
                        shell,
                        "afterwards.add(() -> handStored(pending, attempt))",
                        "handStored(pending, attempt)"),
                new Mistake(
                        "a device hears that its answer is stored before it is",
                        pending,
                        "        if (saving == null) {\n            reply.receipt().ifPresent",
                        "        if (true) {\n            reply.receipt().ifPresent"),
                new Mistake(
                        "a second answer is told stored while the first is on its way",
                        stored,
                        "            ending.late(reply);\n",
                        "            reply.receipt().ifPresent(Pending::tellStored);\n"),
                new Mistake(
                        "nobody tells the device when the commit is done",
                        pending,
                        "answers.forEach(reply -> reply.receipt().ifPresent(Pending::tellStored));",
                        ""),
                new Mistake(
                        "after a failed commit memory is believed",
                        stored,
                        "                    drop(pending, code);\n                    readAgain();",
                        ""),
                new Mistake(
                        "after a failed commit nobody reads again",
                        stored,
                        "                    drop(pending, code);\n                    readAgain();",
                        "                    drop(pending, code);"),
                new Mistake(
                        "several commits of a command are under way at a time",
                        stored,
                        "        if (pending.saving == null) {\n            write(",
                        "        if (true) {\n            write("),
                new Mistake(
                        "what comes during a read goes before what is read",
                        stored,
                        "        if (backlog == Backlog.READ) {\n            open.add(pending);",
                        "        if (true) {\n            open.add(pending);"),
                new Mistake(
                        "what comes during a read is forgotten", stored, "            unplaced.add(pending);\n", ""),
                new Mistake("a session that left is still given commands", shell, "!mailbox.isLive(receiver) || ", ""),
                new Mistake(
                        "the newest command goes first", queue, "unsent.add(pending);", "unsent.addFirst(pending);"),
                new Mistake(
                        "an id is taken anew for each attempt",
                        shell,
                        "                    pending.target = receiver;",
                        "                    pending.target = receiver;\n                    pending.requestId = idNext++;"),
                new Mistake(
                        "an answer counts for what was never sent",
                        shell,
                        "        if (!pending.isOut) {",
                        "        if (false) {"),
                new Mistake(
                        "a full store is told while the command is being handed out",
                        stored,
                        "done.accept(new RpcStore.Saved.Failed(ErrorCode.STORE_UNAVAILABLE));",
                        "saved(pending, new RpcStore.Saved.Failed(ErrorCode.STORE_UNAVAILABLE));"),
                new Mistake(
                        "a poll is given what another poll carries",
                        shell,
                        "                && receiver.session().isPush() // a poll may be carrying it\n",
                        ""),
                new Mistake(
                        "deadlines are not watched",
                        pending,
                        "rpc.command().deadline() - now",
                        "Duration.ofDays(1).toNanos()"),
                new Mistake(
                        "a caller hears of its command twice",
                        pending,
                        "        done = null;\n        if (isPersistent",
                        "        if (isPersistent"),
                new Mistake(
                        "the caller hears before the commit",
                        stored,
                        "        if (pending.history.isEmpty()) {\n            if (isOnce",
                        "        pending.answer(new Outcome.Accepted(pending.rpc.command().id()));\n        if (pending.history.isEmpty()) {\n            if (isOnce"),
                new Mistake(
                        "nobody counts what a device has at a time",
                        shell,
                        "        if (open.sentCount() >= delivery.inFlightMax()) {\n            return false;\n        }\n",
                        ""),
                new Mistake(
                        "a command that is acknowledged no longer counts",
                        shell,
                        "open.sentCount() >= delivery.inFlightMax()",
                        "open.sent().stream().filter(p -> !p.rpc.isDelivered()).count() >= delivery.inFlightMax()"),
                new Mistake("a new connection is given everything at once", shell, "room-- <= 0", "room-- <= -99"),
                new Mistake(
                        "the next one does not wait for the answer",
                        shell,
                        "case SEQUENTIAL_ON_RESPONSE_FROM_DEVICE -> open.sent().stream().allMatch(p -> p.rpc.yields());",
                        "case SEQUENTIAL_ON_RESPONSE_FROM_DEVICE -> true;"),
                new Mistake(
                        "a one-way command that is only written no longer counts",
                        "rpc/Command.java",
                        "delivery.isFree() && !isPersistent()",
                        "!isPersistent()"),
                new Mistake(
                        "what is set is not read",
                        settings,
                        "        delivery = service.delivery(now.effective());\n",
                        ""),
                new Mistake(
                        "a change of a profile reaches nobody",
                        shell,
                        "settings.profileChanged(change, profile, now);",
                        ""),
                new Mistake(
                        "a change of a device reaches nobody",
                        shell,
                        "case Event.SettingsChanged() -> settings.changed();",
                        "case Event.SettingsChanged() -> {}"),
                new Mistake(
                        "commands go out before it is known what the device takes",
                        shell,
                        "return isFree || (isKnown && stored.isBegun());",
                        "return true;"),
                new Mistake(
                        "parameters are counted for ever",
                        service,
                        "openBytes.addAndGet(-command.params().length);\n    }\n\n    /** A stored",
                        "}\n\n    /** A stored"),
                new Mistake(
                        "parameters of stored commands are counted for ever",
                        service,
                        "keptBytes.addAndGet(-command.params().length);",
                        ""),
                new Mistake("the sweeper is not there", service, "now - SWEEP_GRACE.toMillis()", "0"),
                new Mistake(
                        "a session that was taken over has its say",
                        mailbox,
                        "                if (from != null) {\n                    signalled(from, signal);\n                }",
                        "                if (from != null) {\n                    signalled(from, signal);\n                } else if (signal instanceof Signal.OfRpc of) {\n                    commands().on(of);\n                }"),
                new Mistake(
                        "two connections of a device live side by side",
                        mailbox,
                        "if (push && other.session.isPush()) {",
                        "if (false) {"));
    }

    static Stream<Broken> stores() {
        return Stream.of(
                new Broken("the store tells of a commit before it is one", new StoreThat() {
                    @Override
                    void update(
                            RpcStore truth,
                            RpcOrder o,
                            long n,
                            long v,
                            RpcProgress p,
                            Loop loop,
                            Consumer<RpcStore.Saved> done) {
                        loop.execute(() -> done.accept(new RpcStore.Saved.Stored(n, List.of())));
                        truth.update(o, n, v, p, loop, _ -> {});
                    }
                }),
                new Broken("the store answers for a command that it drops", new StoreThat() {
                    @Override
                    boolean insert(
                            RpcStore truth, RpcOrder o, RpcProgress p, Loop loop, Consumer<RpcStore.Saved> done) {
                        loop.execute(() -> done.accept(new RpcStore.Saved.Stored(1, List.of())));
                        return true;
                    }
                }),
                new Broken("the store drops every update", new StoreThat() {
                    @Override
                    void update(
                            RpcStore truth,
                            RpcOrder o,
                            long n,
                            long v,
                            RpcProgress p,
                            Loop loop,
                            Consumer<RpcStore.Saved> done) {
                        loop.execute(() -> done.accept(new RpcStore.Saved.Stored(n, List.of())));
                    }
                }),
                new Broken("the store forgets its guard", new StoreThat() {
                    @Override
                    void update(
                            RpcStore truth,
                            RpcOrder o,
                            long n,
                            long v,
                            RpcProgress p,
                            Loop loop,
                            Consumer<RpcStore.Saved> done) {
                        // whatever version there is
                        truth.update(o, n, v, p, loop, how -> {
                            if (how instanceof RpcStore.Saved.Outdated) {
                                truth.update(o, n, v + 1, p, loop, done);
                            } else {
                                done.accept(how);
                            }
                        });
                    }
                }),
                new Broken("the store writes each update twice", new StoreThat() {
                    @Override
                    void update(
                            RpcStore truth,
                            RpcOrder o,
                            long n,
                            long v,
                            RpcProgress p,
                            Loop loop,
                            Consumer<RpcStore.Saved> done) {
                        truth.update(o, n, v, p, loop, done);
                        truth.update(o, n, v + 1, p, loop, _ -> {});
                    }
                }),
                new Broken("the store takes each command twice", new StoreThat() {
                    @Override
                    boolean insert(
                            RpcStore truth, RpcOrder o, RpcProgress p, Loop loop, Consumer<RpcStore.Saved> done) {
                        return truth.insert(o, p, loop, done) && truth.insert(o, p, loop, _ -> {});
                    }
                }),
                new Broken("the store never tells that it failed", new StoreThat() {
                    @Override
                    boolean insert(
                            RpcStore truth, RpcOrder o, RpcProgress p, Loop loop, Consumer<RpcStore.Saved> done) {
                        return truth.insert(o, p, loop, how -> {
                            if (!(how instanceof RpcStore.Saved.Failed)) {
                                done.accept(how);
                            }
                        });
                    }
                }),
                new Broken("the store keeps only the last line of the history", new StoreThat() {
                    @Override
                    void update(
                            RpcStore truth,
                            RpcOrder o,
                            long n,
                            long v,
                            RpcProgress p,
                            Loop loop,
                            Consumer<RpcStore.Saved> done) {
                        List<HistoryEntry> last = p.history()
                                .subList(p.history().size() - 1, p.history().size());
                        truth.update(o, n, v, with(p, p.requestId(), p.status(), last), loop, done);
                    }
                }),
                new Broken("the store forgets the request id", new StoreThat() {
                    @Override
                    void update(
                            RpcStore truth,
                            RpcOrder o,
                            long n,
                            long v,
                            RpcProgress p,
                            Loop loop,
                            Consumer<RpcStore.Saved> done) {
                        truth.update(o, n, v, with(p, 0, p.status(), p.history()), loop, done);
                    }
                }),
                new Broken("the store gives back what was written last first", new StoreThat() {
                    @Override
                    CompletionStage<List<RpcRecord>> open(RpcStore truth, long device, long after, int limit) {
                        return truth.open(device, after, limit).thenApply(List::reversed);
                    }
                }),
                new Broken("the store does not find what was sent before", new StoreThat() {
                    @Override
                    CompletionStage<List<RpcRecord>> open(RpcStore truth, long device, long after, int limit) {
                        return truth.open(device, after, limit)
                                .thenApply(found -> found.stream()
                                        .filter(r -> r.progress().attempt() == 0)
                                        .toList());
                    }
                }),
                new Broken("the same block of ids is given again", new Faults() {
                    @Override
                    public RequestIds ids(RequestIds truth) {
                        return _ -> CompletableFuture.completedFuture(1);
                    }
                }),
                new Broken("blocks of ids overlap", new Faults() {
                    @Override
                    public RequestIds ids(RequestIds truth) {
                        return device ->
                                truth.reserve(device).thenApply(first -> first - first / RequestIds.BLOCK * 1020);
                    }
                }));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void itFinds(Mistake mistake) throws Exception {
        String failure = firstFailure(Mutant.of(mistake.file, mistake.text, mistake.instead));
        tell(mistake, failure);
    }

    @ParameterizedTest
    @MethodSource("stores")
    void itFindsInTheStore(Broken broken) {
        String failure = CommandSim.firstFailure(SEEDS, broken.faults);
        tell(broken, failure);
    }

    private static void tell(Object mistake, @Nullable String failure) {
        if (failure == null) {
            throw new AssertionError("not found: " + mistake);
        }
        System.out.println(
                "found: " + mistake + ": " + failure.lines().findFirst().orElse(""));
    }

    /** The promises hold as well when what is stored is read in small pages. */
    @Test
    void smallPagesChangeNothing() throws Exception {
        assertThat(firstFailure(Mutant.of(
                        "rpc/StoredRpcs.java",
                        "private static final int PAGE = 200;",
                        "private static final int PAGE = 3;")))
                .isNull();
    }

    /** They hold when a device has few commits under way at a time. */
    @Test
    void fewCommitsAtATimeChangeNothing() throws Exception {
        assertThat(firstFailure(Mutant.of(
                        "rpc/StoredRpcs.java",
                        "private static final int SAVES_MAX = 256;",
                        "private static final int SAVES_MAX = 1;")))
                .isNull();
    }

    private static @Nullable String firstFailure(Mutant mutant) throws Exception {
        Class<?> simulation = mutant.loadClass(CommandSim.class.getName());
        Object failure = simulation.getMethod("firstFailure", long.class).invoke(null, SEEDS);
        return (String) failure;
    }

    /** A store with one thing wrong. */
    private abstract static class StoreThat implements Faults {
        boolean insert(RpcStore truth, RpcOrder o, RpcProgress p, Loop loop, Consumer<RpcStore.Saved> done) {
            return truth.insert(o, p, loop, done);
        }

        void update(
                RpcStore truth, RpcOrder o, long n, long v, RpcProgress p, Loop loop, Consumer<RpcStore.Saved> done) {
            truth.update(o, n, v, p, loop, done);
        }

        CompletionStage<List<RpcRecord>> open(RpcStore truth, long device, long after, int limit) {
            return truth.open(device, after, limit);
        }

        static RpcProgress with(RpcProgress p, int requestId, RpcStatus status, List<HistoryEntry> history) {
            return new RpcProgress(status, p.isOpen(), requestId, p.attempt(), p.overdue(), p.response(), history);
        }

        @Override
        public RpcStore store(RpcStore good) {
            return new Passing(good) {
                @Override
                public boolean insert(RpcOrder order, RpcProgress progress, Loop loop, Consumer<Saved> done) {
                    return StoreThat.this.insert(truth, order, progress, loop, done);
                }

                @Override
                public void update(RpcOrder o, long n, long v, RpcProgress p, Loop loop, Consumer<Saved> done) {
                    StoreThat.this.update(truth, o, n, v, p, loop, done);
                }

                @Override
                public CompletionStage<List<RpcRecord>> open(long device, long afterNumber, int limit) {
                    return StoreThat.this.open(truth, device, afterNumber, limit);
                }
            };
        }
    }

    /** A world of classes of its own, in which one source file reads otherwise. */
    private static final class Mutant extends ClassLoader {
        private final Map<String, byte[]> changed;

        private Mutant(Map<String, byte[]> changed) {
            super(MutationsTest.class.getClassLoader());
            this.changed = changed;
        }

        static Mutant of(String file, String text, String instead) throws IOException {
            Path path = SOURCES.resolve(file);
            String source = Files.readString(path);
            assertThat(source).as("the text to change, in %s", file).contains(text);
            return new Mutant(compile(path, source.replace(text, instead)));
        }

        private static Map<String, byte[]> compile(Path path, String source) {
            JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
            Map<String, byte[]> classes = new HashMap<>();
            DiagnosticCollector<JavaFileObject> said = new DiagnosticCollector<>();
            JavaFileManager files = new ForwardingJavaFileManager<>(compiler.getStandardFileManager(said, null, null)) {
                @Override
                public JavaFileObject getJavaFileForOutput(
                        Location location, String name, JavaFileObject.Kind kind, @Nullable FileObject sibling) {
                    return new Output(name, classes);
                }
            };
            boolean compiled = compiler.getTask(
                            null, files, said, List.of("-proc:none", "-nowarn"), null, List.of(new Input(path, source)))
                    .call();
            assertThat(compiled).as("%s", said.getDiagnostics()).isTrue();
            return classes;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> known = findLoadedClass(name);
                if (known != null) {
                    return known;
                }
                if (!name.startsWith("io.signalbox.")) {
                    return super.loadClass(name, resolve);
                }
                byte[] bytes = bytes(name);
                return defineClass(name, bytes, 0, bytes.length);
            }
        }

        private byte[] bytes(String name) throws ClassNotFoundException {
            byte[] other = changed.get(name);
            if (other != null) {
                return other;
            }
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                return in.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static final class Input extends SimpleJavaFileObject {
        private final String source;

        Input(Path path, String source) {
            super(URI.create("string:///" + path.getFileName()), Kind.SOURCE);
            this.source = source;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
        }
    }

    private static final class Output extends SimpleJavaFileObject {
        private final String name;
        private final Map<String, byte[]> classes;

        Output(String name, Map<String, byte[]> classes) {
            super(URI.create("memory:///" + name + ".class"), Kind.CLASS);
            this.name = name;
            this.classes = classes;
        }

        @Override
        public OutputStream openOutputStream() {
            return new ByteArrayOutputStream() {
                @Override
                public void close() {
                    classes.put(name, toByteArray());
                }
            };
        }
    }
}
