package io.signalbox.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Whole commands, as they are typed, against a small server. */
class CommandsTest {
    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private FakeServer server;

    @BeforeEach
    void startServer() {
        server = new FakeServer(0, 0, folder.resolve("store"), false);
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void rpcDeletesItsDevices() {
        assertThat(run("rpc --devices 3 --callers 5 --seconds 1 --warmup 0 --json"))
                .isZero();
        JsonNode json = json();
        assertThat(json.path("calls").asInt()).isPositive();
        assertThat(json.path("errors").size()).isZero();
        assertThat(json.path("p50Ms").asDouble()).isPositive();
        assertThat(server.devices).isEmpty();
    }

    @Test
    void persistentCommandsCountWhenTheirAnswerIsAcknowledged() {
        assertThat(run("rpc --persistent --devices 3 --callers 5 --seconds 1 --warmup 0 --json"))
                .isZero();
        assertThat(json().path("calls").asInt()).isPositive();
        assertThat(json().path("errors").size()).isZero();
        assertThat(json().path("p99Ms").asDouble()).isPositive();
    }

    @Test
    void keptDevicesAreFoundAgain() {
        String command = "telemetry --devices 5 --inflight 2 --seconds 1 --warmup 0 --prefix kept --keep --json";
        assertThat(run(command)).isZero();
        assertThat(server.devices).containsOnlyKeys("kept-0", "kept-1", "kept-2", "kept-3", "kept-4");
        out.reset();
        assertThat(run(command)).isZero();
        assertThat(json().path("messages").asInt()).isPositive();
        assertThat(json().path("errors").size()).isZero();
    }

    @Test
    void telemetryAtAFixedRate() {
        assertThat(run("telemetry --devices 2 --seconds 1 --warmup 0 --rate 200 --addresses 3 --json"))
                .isZero();
        assertThat(json().path("messages").asInt()).isBetween(1, 400);
        assertThat(json().path("errors").size()).isZero();
    }

    @Test
    void fillStoresEveryPointOnce() {
        assertThat(run("fill --devices 3 --points 6000 --values 2 --json")).isZero();
        assertThat(server.points.get()).isEqualTo(6000);
        assertThat(json().path("points").asInt()).isEqualTo(6000);
    }

    @Test
    void idleHoldsItsConnections() {
        String pid = String.valueOf(ProcessHandle.current().pid());
        assertThat(run("idle --devices 3 --seconds 0 --gc --json --pid " + pid)).isZero();
        assertThat(json().path("errors").size()).isZero();
    }

    @Test
    void connectOpensEachConnectionOnce() {
        assertThat(run("connect --devices 20 --rate 200 --json")).isZero();
        assertThat(json().path("connections").asInt()).isEqualTo(20);
    }

    @Test
    void compareRunsBothSides() {
        assertThat(run("compare --devices 2 --callers 2 --pairs 1 --seconds 1 --warmup 0 --json"))
                .isZero();
        assertThat(json().path("rateRatio").asDouble()).isPositive();
        assertThat(json().path("pairs").get(0).path("relay").path("errors").size())
                .isZero();
        assertThat(json().path("pairs").get(0).path("server").path("errors").size())
                .isZero();
    }

    @Test
    void largeAnswersArriveInPieces() {
        try (Loop loop = new Loop()) {
            Rest rest = new Rest(
                    loop,
                    Target.of(Arguments.parse(Option.TARGET, server.options())).http());
            assertThat(rest.call(new Rest.Request("GET", "/large", null)).body())
                    .hasSize(3_000_000);
        }
    }

    @Test
    void crashFindsNothingLostWithAnHonestServer() throws IOException {
        assertThat(runAlone(crash(2) + fakeJar())).as(err::toString).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("round 2", "all rounds")
                .contains(" 0 lost, 0 wrong");
    }

    @Test
    void crashFindsWhatAForgetfulServerLost() throws IOException {
        String command = crash(2) + fakeJar() + " --env FAKE_FORGETS=1";
        assertThat(runAlone(command)).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("acknowledged messages are lost or wrong");
    }

    @Test
    void killsFindNothingWrongWithAnHonestServer() throws IOException {
        assertThat(runAlone(kills(2) + fakeJar() + " --seed 7"))
                .as(this::printed)
                .isZero();
        assertThat(printed()).contains("seed 7", "kill 2", "0        lost", "one-way DELIVERED", "two-way SUCCESSFUL");
    }

    @Test
    void killsFindWhatAForgetfulServerLost() throws IOException {
        assertThat(runAlone(kills(1) + fakeJar() + " --env FAKE_FORGETS=1")).isEqualTo(1);
        assertThat(printed()).doesNotContain("0        lost").contains("what the server said of commands was not true");
    }

    @Test
    void crashReadsTheServersLog() throws IOException {
        String command = crash(1) + fakeJar() + " --env FAKE_COMPLAINS=1";
        assertThat(runAlone(command)).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("store was CORRUPT");
    }

    @Test
    void silentCallersHearOfTheirDeadlines() {
        assertThat(run("silent --devices 2 --callers 20 --shortest 300 --longest 600 --json"))
                .as(this::printed)
                .isZero();
        assertThat(json().path("answers").path("HTTP 504").asInt()).isEqualTo(40);
        assertThat(json().path("missing").asInt()).isZero();
        assertThat(json().path("twice").asInt()).isZero();
        assertThat(json().path("early").asInt()).isZero();
        assertThat(json().path("lateMaxMs").asDouble()).isPositive();
        assertThat(server.devices).isEmpty();
    }

    @Test
    void silentFindsAnswersBeforeTheDeadline() {
        server.hasty = true;
        assertThat(run("silent --devices 1 --callers 3 --rounds 1 --shortest 500 --longest 600 --json"))
                .isEqualTo(1);
        assertThat(json().path("early").asInt()).isEqualTo(3);
        assertThat(json().path("earlyMaxMs").asInt()).isBetween(300, 600);
    }

    @Test
    void silentFindsSecondAnswers() {
        server.stutters = true;
        assertThat(run("silent --devices 1 --callers 3 --rounds 1 --shortest 200 --longest 300 --json"))
                .isEqualTo(1);
        assertThat(json().path("twice").asInt()).isEqualTo(3);
    }

    @Test
    void sweepComparesCallsWithAndWithoutIt() {
        assertThat(
                        run(
                                "sweep --commands 50 --absent 5 --spread 1 --lead 2 --devices 2 --callers 4 --rate 200 --seconds 1 --warmup 0 --json"))
                .as(this::printed)
                .isZero();
        assertThat(json().path("states").path("EXPIRED").asInt()).isEqualTo(50);
        assertThat(json().path("endedEarly").asInt()).isZero();
        assertThat(json().path("calls").asInt()).isPositive();
        assertThat(json().path("withoutP99Ms").asDouble()).isPositive();
        assertThat(json().path("errors").size()).isZero();
        assertThat(server.devices).isEmpty();
    }

    @Test
    void backlogSurvivesAKill() throws IOException {
        assertThat(runAlone(backlog("") + " --json")).as(this::printed).isZero();
        assertThat(json().path("commands").asInt()).isEqualTo(100);
        assertThat(json().path("missing").asInt()).isZero();
        assertThat(json().path("readyMs").asDouble()).isPositive();
        assertThat(json().path("readyMb").asDouble()).isPositive();
        assertThat(json().path("firstMaxMs").asDouble()).isNotNegative();
        assertThat(json().path("searchDeepMaxMs").asDouble()).isPositive();
        assertThat(json().path("searchMaxMs").asDouble()).isPositive();
        assertThat(folder.resolve("work")).isEmptyDirectory();
    }

    @Test
    void backlogFindsWhatAForgetfulServerLost() throws IOException {
        assertThat(runAlone(backlog("FAKE_FORGETS=1 ") + " --patience 1 --json"))
                .as(this::printed)
                .isEqualTo(1);
        assertThat(json().path("missing").asInt()).isEqualTo(40);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    fly                          | unknown command fly
                    rpc --speed 9                | unknown option --speed
                    rpc --url http://192.0.2.1:1 | load goes to loopback only
                    rpc --persistent --relay     | a relay keeps nothing
                    telemetry --keep             | --keep needs a --prefix
                    telemetry --qos 0            | --qos 0 needs --rate
                    crash --jar /nowhere.jar     | there is no /nowhere.jar
                    backlog --start /nowhere     | there is no program /nowhere
                    backlog --full 9 --devices 9 | --full must leave --devices
                    silent --shortest 2 --longest 1 | --shortest must not be above --longest
                    """)
    void misunderstoodCommandIsOneLineAndTwo(String command, String message) {
        assertThat(runAlone(command)).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .hasSize(1)
                .first()
                .asString()
                .contains(message);
    }

    @Test
    void moreConnectionsThanFilesAreRefused() {
        assumeTrue(Limits.openFiles().orElse(Long.MAX_VALUE) < 900_000_000);
        assertThat(run("telemetry --devices 900000000")).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("see ulimit -n");
    }

    @Test
    void serverThatIsNotThere() {
        server.close();
        assertThat(run("rpc --seconds 1")).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8).lines()).hasSize(1);
    }

    @Test
    void helpOfOneCommandIsAboutNoOther() {
        assertThat(runAlone("rpc --help")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("rpc:", "--callers")
                .doesNotContain("telemetry:");
    }

    @Test
    void helpNamesEveryCommand() {
        assertThat(runAlone("--help")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains(
                        "rpc:",
                        "telemetry:",
                        "fill:",
                        "idle:",
                        "connect:",
                        "relay:",
                        "compare:",
                        "crash:",
                        "backlog:",
                        "sweep:",
                        "silent:",
                        "sync-trace:");
    }

    private String crash(int rounds) {
        return "crash --rounds " + rounds + " --longest 200 --work " + folder + " --jar ";
    }

    /** @param variables for the server, before its command line */
    private String backlog(String variables) throws IOException {
        Path start = folder.resolve("start");
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Files.writeString(start, "#!/bin/sh\n" + variables + "exec " + java + " -jar " + fakeJar() + " \"$@\"\n");
        assertThat(start.toFile().setExecutable(true)).isTrue();
        return "backlog --commands 100 --devices 10 --full 2 --each 20 --searches 2 --deep 2 --start " + start
                + " --work " + folder.resolve("work");
    }

    private String kills(int kills) {
        return "crash --kills " + kills + " --longest 1500 --deadline 3 --work " + folder + " --jar ";
    }

    private String printed() {
        return out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
    }

    private int run(String command) {
        List<String> words = new ArrayList<>(List.of(command.split(" ", -1)));
        words.addAll(server.options());
        return main(words);
    }

    private int runAlone(String command) {
        return main(List.of(command.split(" +", -1)));
    }

    private int main(List<String> words) {
        return Main.run(
                words.toArray(String[]::new),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
    }

    private JsonNode json() {
        return Rest.JSON.readTree(out.toString(StandardCharsets.UTF_8));
    }

    /** A jar that starts {@link FakeServer} from the classes of this test. */
    private Path fakeJar() throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, FakeServer.class.getName());
        StringBuilder classPath = new StringBuilder();
        for (String entry : System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                .split(":", -1)) {
            classPath.append(Path.of(entry).toUri()).append(' ');
        }
        manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath.toString());
        Path jar = folder.resolve("fake.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream _ = new JarOutputStream(file, manifest)) {
            return jar;
        }
    }
}
